// SPDX-License-Identifier: Apache-2.0
#include "node/tunnel_peer.hh"

#include <string_view>
#include <utility>

#include "base/process.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"

namespace bramble {

TunnelPeer::TunnelPeer(std::string inside, std::string endpoint, Wg wg)
    : inside_(std::move(inside)), endpoint_(std::move(endpoint)), wg_(std::move(wg)) {}

// What was begun is done, also where this service is to end.
Result<std::string> TunnelPeer::command(Arguments arguments) {
  arguments.insert(arguments.begin(), "wg");
  return run_ok(
      {.argv = std::move(arguments), .timeout = std::chrono::seconds(5), .ignore_interrupt = true});
}

Result<void> TunnelPeer::dial() {
  const std::string interface(kTunnelInterface);
  const Result<std::string> allowed_ips = wg_({"show", interface, "allowed-ips"});
  if (!allowed_ips.ok()) return {};
  if (!look(*allowed_ips) && !owed_) return {};
  owed_ = true;
  TRY(wg_({"set", interface, "peer", key_, "remove", "peer", key_, "endpoint", endpoint_,
           "allowed-ips", inside_ + "/32", "persistent-keepalive", keepalive_}));
  owed_ = false;
  return {};
}

// Each line of what wg shows is a public key and a value.
bool TunnelPeer::look(const std::string& allowed_ips) {
  bool there = false;
  for (const std::string_view line : lines(allowed_ips))
    if (const auto word = words(line); word.size() == 2 && word[1] == inside_ + "/32") {
      key_ = word[0];
      there = true;
    }
  if (!there) return false;
  const Result<std::string> keepalives =
      wg_({"show", std::string(kTunnelInterface), "persistent-keepalive"});
  if (!keepalives.ok()) return true;
  for (const std::string_view line : lines(*keepalives))
    if (const auto word = words(line); word.size() == 2 && word[0] == key_) keepalive_ = word[1];
  return true;
}

}  // namespace bramble
