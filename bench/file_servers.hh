// SPDX-License-Identifier: Apache-2.0
// Who serves files beside whom: nginx on a local disk or on a mounted volume, `bramble serve` on a
// folder or on the volume itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "booted_volume.hh"
#include "contender.hh"
#include "rounds.hh"

namespace bramble::bench {

enum class ServerKind : std::uint8_t { kNginx, kNginxOnMount, kOurs, kOursOnVolume };

struct ServerPlan {
  std::string name;  // for people
  ServerKind kind = ServerKind::kNginx;
  std::string source;  // a folder, or a volume
  int threads = 1;
  int core = kAnyCore;
  std::vector<std::string> more_words = {};  // of ours
};

// Where servers may put what is theirs: configurations and mount points.
class FileServer {
 public:
  // Starts it, and waits until it serves the file /ready.
  FileServer(const ServerPlan& plan, const std::string& folder);

  const Contender& contender() const { return *contender_; }
  // Visitors come for each of the paths once, in this order.
  Result<Sample> serve(const std::vector<std::string>& paths, int connections) const;

 private:
  std::chrono::nanoseconds cpu() const;  // of the server, and of the client that it reads through

  std::unique_ptr<FuseMount> mount_;  // outlives who reads it
  std::unique_ptr<Contender> contender_;
};

}  // namespace bramble::bench
