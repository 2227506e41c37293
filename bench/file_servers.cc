// SPDX-License-Identifier: Apache-2.0
#include "file_servers.hh"

#include <fmt/format.h>

#include <filesystem>
#include <thread>

#include "base/file.hh"
#include "drill/fetch.hh"
#include "drill/visitors.hh"

namespace bramble::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A mounted volume's files are not kept open: nginx would not see for a minute that one changed.
std::string nginx_file(const ServerPlan& plan, std::uint16_t port, const std::string& root,
                       const std::string& folder) {
  const bool local = plan.kind == ServerKind::kNginx;
  return fmt::format(
      "daemon off; pid {2}/nginx.pid; error_log /dev/null crit; worker_processes {3};\n"
      "worker_rlimit_nofile 65536; events {{ worker_connections 8192; multi_accept on; }}\n"
      "http {{ access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on;\n"
      "  {4}types {{ text/html html; }} default_type application/octet-stream;\n"
      "  proxy_temp_path {2}/t1; client_body_temp_path {2}/t2; fastcgi_temp_path {2}/t3;\n"
      "  uwsgi_temp_path {2}/t4; scgi_temp_path {2}/t5;\n"
      "  server {{ listen 127.0.0.1:{0} reuseport; root {1}; }} }}\n",
      port, root, folder, plan.threads,
      local ? "open_file_cache max=20000 inactive=1h; open_file_cache_valid 60s;\n  " : "");
}

std::vector<std::string> our_words(const ServerPlan& plan, std::uint16_t port) {
  std::vector<std::string> words = {BRAMBLE_PROGRAM, "serve",
                                    "--listen",      fmt::format("127.0.0.1:{}", port),
                                    "--threads",     std::to_string(plan.threads),
                                    "--access-log",  "off"};
  words.insert(words.end(), plan.more_words.begin(), plan.more_words.end());
  if (plan.kind == ServerKind::kOurs) {
    words.push_back(plan.source);
  } else {
    // No visitor is sent away where a busy machine takes its time.
    words.insert(words.end(), {"--volume", "localhost:" + plan.source, "--answer-timeout", "30"});
  }
  return words;
}

}  // namespace

FileServer::FileServer(const ServerPlan& plan, const std::string& folder) {
  const std::uint16_t port = free_port();
  const std::string own = fmt::format("{}/{}", folder, port);
  fs::create_directories(own + "/mount");
  std::string root = plan.source;
  if (plan.kind == ServerKind::kNginxOnMount) {
    root = own + "/mount";
    mount_ = std::make_unique<FuseMount>(plan.source, root);
  }
  std::vector<std::string> words = {"nginx", "-p", own, "-c", own + "/nginx.conf"};
  if (plan.kind == ServerKind::kNginx || plan.kind == ServerKind::kNginxOnMount)
    write_file(words.back(), nginx_file(plan, port, root, own)).value();
  else
    words = our_words(plan, port);
  contender_ = std::make_unique<Contender>(plan.name, words, port, plan.core);
  const drill::Fetch ready = {
      .address = local(port), .path = "/ready", .look = [](std::uint64_t, std::string_view) {}};
  while (!drill::fetch(ready).fault.empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

std::chrono::nanoseconds FileServer::cpu() const {
  return contender_->cpu() + (mount_ != nullptr ? mount_->cpu() : std::chrono::nanoseconds(0));
}

Result<Sample> FileServer::serve(const std::vector<std::string>& paths, int connections) const {
  const auto cpu_before = cpu();
  const auto begin = Clock::now();
  drill::Visitors visitors(
      {.address = local(contender_->port()), .once = paths, .connections = connections});
  const drill::VisitorReport report = visitors.finish();
  const Sample sample{.requests = static_cast<double>(report.requests),
                      .bytes = static_cast<double>(report.bytes),
                      .took = Clock::now() - begin,
                      .cpu = cpu() - cpu_before};
  for (const auto& [what, times] : report.failed)
    return failure(fmt::format("{}: {} visitors saw: {}", contender_->name(), times, what));
  return sample;
}

}  // namespace bramble::bench
