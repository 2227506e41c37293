// SPDX-License-Identifier: Apache-2.0
// bench_balancer: what a proxied request costs, beside nginx and HAProxy.
//
//     core 0: the balancer that is measured          core 1: wrk -t1 and the backend
//
// Contenders take turns of one second, so that what else the machine does falls on all alike; the
// figure is the balancer's own CPU time (user and system, of all its threads) a request, its median
// over the rounds, and the ratio of the medians. Writes two Markdown tables: without access logs,
// and with them, each as its contender does it at the least cost (nginx and we buffer into a file,
// HAProxy sends datagrams). Beside them the floor: a relay that knows nothing of HTTP.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"
#include "bench_backend.hh"
#include "contender.hh"
#include "rounds.hh"

namespace bramble::bench {
namespace {

struct Case {
  std::string name;
  std::size_t bytes;
  int connections;
};

const std::array<Case, 5> kCases = {{{"100 B, 64 connections", 100, 64},
                                     {"100 B, 512 connections", 100, 512},
                                     {"10 KB, 64 connections", 10'240, 64},
                                     {"64 KB, 64 connections", 65'536, 64},
                                     {"1 MB, 64 connections", 1'048'576, 64}}};

std::string nginx_file(std::uint16_t port, std::uint16_t backend, const std::string& folder,
                       bool logs) {
  return fmt::format(
      "daemon off; pid {2}/nginx.pid; error_log /dev/null crit; worker_processes 1;\n"
      "events {{ worker_connections 8192; multi_accept on; }}\n"
      "http {{ access_log {3}; keepalive_requests 100000000; tcp_nodelay on;\n"
      "  proxy_temp_path {2}/t1; client_body_temp_path {2}/t2; fastcgi_temp_path {2}/t3;\n"
      "  uwsgi_temp_path {2}/t4; scgi_temp_path {2}/t5;\n"
      "  upstream backend {{ server 127.0.0.1:{1}; keepalive 1024; "
      "keepalive_requests 100000000; }}\n"
      "  server {{ listen 127.0.0.1:{0} reuseport; location / {{ proxy_pass http://backend;\n"
      "    proxy_http_version 1.1; proxy_set_header Connection \"\";\n"
      "    proxy_set_header X-Forwarded-For $remote_addr; proxy_max_temp_file_size 0; }} }} }}\n",
      port, backend, folder,
      logs ? fmt::format("{}/nginx.log combined buffer=64k", folder) : "off");
}

std::string haproxy_file(std::uint16_t port, std::uint16_t backend, const std::string& log) {
  return fmt::format(
      "global\n  nbthread 1\n  maxconn 4000\n  tune.pipesize 1048576\n{2}"
      "defaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n"
      "  option http-keep-alive\n  http-reuse always\n  option splice-auto\n{3}"
      "frontend f\n  bind 127.0.0.1:{0}\n  option forwardfor\n  default_backend b\n"
      "backend b\n  server s 127.0.0.1:{1} pool-max-conn 2048\n",
      port, backend, log.empty() ? "" : fmt::format("  log {} local0\n", log),
      log.empty() ? "" : "  log global\n  option httplog\n");
}

// A syslog daemon that throws away what it is told, on the core of the load.
class LogSink {
 public:
  explicit LogSink(std::string path) : path_(std::move(path)) {
    sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    BRAMBLE_CHECK(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                  0);
    std::filesystem::permissions(path_, std::filesystem::perms::all);
    thread_ = std::thread([this] {
      pin_to(kLoadCore);
      std::array<char, 4096> line;
      while (::recv(fd_.get(), line.data(), line.size(), 0) > 0) continue;
    });
  }
  ~LogSink() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd fd_;
  std::thread thread_;
};

// log_socket: where HAProxy logs to; empty: nobody logs.
std::vector<std::unique_ptr<Contender>> start_all(const BenchBackend& backend,
                                                  const std::string& folder,
                                                  const std::string& log_socket) {
  const bool logs = !log_socket.empty();
  std::vector<std::unique_ptr<Contender>> all;
  const auto add = [&](const std::string& name, std::uint16_t port,
                       const std::vector<std::string>& argv) {
    all.push_back(std::make_unique<Contender>(name, argv, port, kContenderCore));
  };
  std::uint16_t port = free_port();
  write_file(folder + "/nginx.conf", nginx_file(port, backend.port(), folder, logs)).value();
  add("nginx", port, {"nginx", "-p", folder, "-c", folder + "/nginx.conf"});
  port = free_port();
  write_file(folder + "/haproxy.cfg", haproxy_file(port, backend.port(), log_socket)).value();
  add("HAProxy", port, {"haproxy", "-db", "-f", folder + "/haproxy.cfg"});
  port = free_port();
  add("bramble", port,
      {BRAMBLE_PROGRAM, "balance", "--to", fmt::format("127.0.0.1:{}", backend.port()), "--listen",
       fmt::format("127.0.0.1:{}", port), "--threads", "1", "--access-log",
       logs ? folder + "/bramble.log" : "off", "--check-path", "/1"});
  port = free_port();
  add("relay", port,
      {BENCH_RELAY, fmt::format("127.0.0.1:{}", port),
       fmt::format("127.0.0.1:{}", backend.port())});
  return all;
}

Result<std::string> row_of(const Case& what, const std::vector<std::unique_ptr<Contender>>& all,
                           int rounds) {
  std::vector<std::vector<double>> costs(all.size());
  for (int round = -1; round < rounds; ++round)  // the first warms up
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Sample sample = TRY(ask_by_wrk(
          *all[i], {.connections = what.connections, .path = fmt::format("/{}", what.bytes)}));
      if (round >= 0) costs[i].push_back(sample.cpu_microseconds());
    }
  std::string row = "| " + what.name;
  for (const auto& of_one : costs) row += " | " + spread(of_one, 1);
  const auto ratio = [&](std::size_t of, std::size_t to) {
    return median(costs[of]) / median(costs[to]);
  };
  return row + fmt::format(" | **{:.2f}** | **{:.2f}** | {:.2f} |\n", ratio(2, 0), ratio(2, 1),
                           ratio(3, 0));
}

// False: some case could not be measured.
bool print_table(const BenchBackend& backend, const std::string& folder,
                 const std::string& log_socket, int rounds) {
  const auto all = start_all(backend, folder, log_socket);
  fmt::print(
      "| case | nginx | HAProxy | bramble | bare relay | to nginx | to HAProxy | relay to nginx |\n"
      "|-|-|-|-|-|-|-|-|\n");
  bool good = true;
  for (const Case& what : kCases) {
    const Result<std::string> row = row_of(what, all, rounds);
    if (row.ok())
      fmt::print("{}", *row);
    else
      (void)std::fprintf(stderr, "bench: %s\n", row.error().what.c_str());
    good = good && row.ok();
    (void)std::fflush(stdout);
  }
  return good;
}

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? static_cast<int>(parse_number(argv[1]).value_or(9)) : 9;
  std::string folder = (std::filesystem::temp_directory_path() / "bench_XXXXXX").string();
  BRAMBLE_CHECK(::mkdtemp(folder.data()) != nullptr);
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  bool good = true;
  {
    BenchBackend backend(kLoadCore);
    const LogSink sink(folder + "/syslog");
    fmt::print("{}; µs of CPU a request, median (least–most) of {} rounds\n", machine(), rounds);
    fmt::print("\nWithout access logs\n\n");
    good = print_table(backend, folder, "", rounds);
    fmt::print("\nWith access logs\n\n");
    good = print_table(backend, folder, sink.path(), rounds) && good;
  }
  std::filesystem::remove_all(folder);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
