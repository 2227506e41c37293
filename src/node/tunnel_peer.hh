// SPDX-License-Identifier: Apache-2.0
// A peer of the WireGuard interface that can be dialled anew: taken out and put back, so that its
// next packet shakes hands. By one command, as what is between two may not come to the second: the
// interface is never without the peer for longer than that takes. Where that command failed, and
// the interface lacks it, it is put back as it was last seen; not where somebody else has taken it
// out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hh"

namespace bramble {

class TunnelPeer {
 public:
  using Arguments = std::vector<std::string>;
  using Wg = std::function<Result<std::string>(Arguments)>;  // gives what it prints

  // inside: its address in the tunnel; endpoint: ADDRESS:PORT outside.
  TunnelPeer(std::string inside, std::string endpoint, Wg wg = command);

  // Nothing is done where the tunnel is not up, or never had the peer.
  Result<void> dial();

  static Result<std::string> command(Arguments arguments);

 private:
  bool look(const std::string& allowed_ips);  // whether it is there

  std::string inside_;
  std::string endpoint_;
  Wg wg_;
  std::string key_;  // as last seen; "": never
  std::string keepalive_ = "off";
  bool owed_ = false;  // it was to be taken out and put back, and that failed
};

}  // namespace bramble
