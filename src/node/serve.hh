// SPDX-License-Identifier: Apache-2.0
// A node's web server as a program: a loop a core, each with its own listener, until SIGTERM.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "cluster/site.hh"
#include "http/access_log.hh"
#include "http/server.hh"
#include "net/address.hh"
#include "volume/volume.hh"

namespace bramble {

struct ServeOptions {
  std::vector<Address> listen;
  std::string name;         // X-Served-By
  std::size_t threads = 1;  // loops
  std::vector<SiteOptions> sites = {{}};
  std::size_t coded_bytes_max = 32 * 1024 * 1024;  // of what was compressed, kept in memory
  std::vector<Address> admin;                      // where /metrics is served
  std::string access_log;  // a path, "-" for standard output, "syslog", "" for none
  http::LogFormat log_format = http::LogFormat::kCombined;
  std::string vitals_path;   // merged into the health document where it is there
  http::ServerOptions http;  // but for its common fields
  std::chrono::milliseconds drain_limit{10'000};  // after SIGTERM
  // Told once all listen, with the real addresses.
  std::function<void(const std::vector<Address>&)> on_listening = [](const auto&) {};
};

// SIGUSR1 opens the access log anew. Blocks until SIGTERM or SIGINT, and what was under way has
// been finished. A second signal, or the limit, cuts that short. Where a call into the volume never
// comes back, the process ends in here. Call it before other threads are started; the volume
// outlives it.
Result<void> serve(Volume& volume, const ServeOptions& options);

}  // namespace bramble
