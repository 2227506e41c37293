// SPDX-License-Identifier: Apache-2.0
// bench_bad_days: what visitors notice while backends die, files are reloaded, programs replaced,
// and others do their worst. Three `bramble serve` behind one `bramble balance` of two threads;
// where attackers send bodies, a server that takes them.
//
//     bench_bad_days                                   all, as a Markdown table
//     bench_bad_days visit ADDRESS:PORT PATH RATE SECONDS    visitors alone, before any server
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "bench_backend.hh"
#include "child_process.hh"
#include "contender.hh"
#include "drill/visitors.hh"
#include "net/socket.hh"
#include "numbers.hh"
#include "rounds.hh"

namespace bramble::bench {
namespace {

using drill::VisitorReport;
using drill::Visitors;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ChildProcess;

constexpr std::uint64_t kGigabyte = 1'000'000'000;
constexpr unsigned kRate = 1000;

void pause(milliseconds time) { std::this_thread::sleep_for(time); }

// Three servers of one folder, or one that is there, and the balancer before them.
class Site {
 public:
  explicit Site(std::string folder, std::uint16_t server = 0) : folder_(std::move(folder)) {
    port_ = free_port();
    std::vector<std::string> argv = {
        BRAMBLE_PROGRAM, "balance", "--listen",  fmt::format("127.0.0.1:{}", port_),
        "--control",     control(), "--threads", "2",
        "--access-log",  "off"};
    for (std::size_t i = 0; i < (server == 0 ? servers_.size() : 1); ++i) {
      ports_[i] = server == 0 ? free_port() : server;
      if (server == 0) start(i);
      argv.insert(argv.end(), {"--to", fmt::format("127.0.0.1:{}", ports_[i])});
    }
    balancer_ = std::make_unique<ChildProcess>(argv);
    balancer_->after("listening on ");
    current_ = balancer_->pid();
    pause(seconds(2));  // for the first checks
  }
  ~Site() {
    if (current_ != balancer_->pid()) ::kill(current_, SIGTERM);
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  Address address() const { return local(port_); }
  ChildProcess& server(std::size_t which) { return *servers_[which]; }
  pid_t balancer() const { return current_; }

  void start(std::size_t which) {
    servers_[which] = std::make_unique<ChildProcess>(std::vector<std::string>{
        BRAMBLE_PROGRAM, "serve", folder_, "--listen", fmt::format("127.0.0.1:{}", ports_[which]),
        "--name", fmt::format("node{}", which)});
    servers_[which]->after("serving ");
  }

  // "reload" or "upgrade".
  void order(const std::string& what) {
    run_ok({BRAMBLE_PROGRAM, "balance", "--" + what, "--control", control()}).value();
    if (what == "upgrade") current_ = successor();
  }

 private:
  std::string control() const { return folder_ + "/.control"; }

  // The newest process that says so: all of them write where the first one does.
  pid_t successor() {
    constexpr std::string_view kWords = "hands over to process ";
    const std::string told = balancer_->err();
    const std::size_t at = told.rfind(kWords);
    return at == std::string::npos
               ? current_
               : static_cast<pid_t>(std::strtol(told.c_str() + at + kWords.size(), nullptr, 10));
  }

  std::string folder_;
  std::array<std::uint16_t, 3> ports_{};
  std::array<std::unique_ptr<ChildProcess>, 3> servers_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> balancer_;
  pid_t current_ = -1;
};

double milliseconds_of(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

void print_row(const std::string& what, const VisitorReport& report) {
  std::string failed = std::to_string(report.failures());
  for (const auto& [why, times] : report.failed) failed += fmt::format("; {}: {}", why, times);
  fmt::print("| {} | {} | {} | {} | {:.1f} ms | {:.1f} ms | {:.0f} ms |\n", what, report.requests,
             failed, report.asked_anew, milliseconds_of(report.percentile(50)),
             milliseconds_of(report.percentile(99)), milliseconds_of(report.percentile(100)));
  (void)std::fflush(stdout);
}

constexpr const char* kPage = "/page.html";

VisitorReport visit(const Address& address, unsigned rate, const std::function<void()>& meanwhile,
                    const std::string& path = kPage) {
  Visitors visitors({.address = address, .path = path, .rate = rate});
  meanwhile();
  return visitors.stop();
}

// From one of 250 addresses, so that the limit of one source is not what is measured.
UniqueFd connect_from_somewhere(const Address& to, std::size_t which) {
  const Address from = parse_address(fmt::format("127.9.9.{}:0", 1 + which % 250)).value();
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int late = 1;  // the port is chosen when it connects: it may be one that others use
  ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  (void)::bind(fd.get(), from.data(), from.size());
  (void)::connect(fd.get(), to.data(), to.size());
  return fd;
}

// Clients that send a request's bytes one a second and never end it; each comes again when it is
// shown the door.
class Attackers {
 public:
  Attackers(Address address, int connections, std::string beginning)
      : address_(address),
        beginning_(std::move(beginning)),
        thread_([this, connections] { attack(connections); }) {}
  ~Attackers() {
    over_ = true;
    thread_.join();
  }
  Attackers(const Attackers&) = delete;
  Attackers& operator=(const Attackers&) = delete;

  std::uint64_t came() const { return came_; }

 private:
  void attack(int connections) {
    std::vector<UniqueFd> all(static_cast<std::size_t>(connections));
    auto next = std::chrono::steady_clock::now();
    const auto apart = std::chrono::nanoseconds(seconds(1)) / connections;
    for (std::size_t i = 0; !over_; i = (i + 1) % all.size()) {
      UniqueFd& each = all[i];
      char byte = 0;
      const bool gone = !each || ::recv(each.get(), &byte, 1, MSG_DONTWAIT) == 0 ||
                        ::send(each.get(), "x", 1, MSG_NOSIGNAL) < 0;
      if (gone) {
        each = connect_from_somewhere(address_, i);
        came_ += 1;
        (void)::send(each.get(), beginning_.data(), beginning_.size(), MSG_NOSIGNAL);
      }
      std::this_thread::sleep_until(next += apart);
    }
  }

  const Address address_;
  const std::string beginning_;
  std::atomic<bool> over_ = false;
  std::atomic<std::uint64_t> came_ = 0;
  std::thread thread_;
};

void backends_that_die(Site& site) {
  const Address address = site.address();
  print_row("nothing, 10 s", visit(address, kRate, [] { pause(seconds(10)); }));
  print_row("one of three killed (-9), back after 5 s", visit(address, kRate, [&] {
              pause(seconds(3));
              site.server(0).signal(SIGKILL);
              pause(seconds(5));
              site.start(0);
              pause(seconds(3));
            }));
  print_row("one of three stopped (SIGSTOP) for 5 s", visit(address, kRate, [&] {
              pause(seconds(3));
              site.server(1).signal(SIGSTOP);
              pause(seconds(5));
              site.server(1).signal(SIGCONT);
              pause(seconds(3));
            }));
}

// As fast as they are answered, beside a download that began before.
void orders(Site& site, const std::string& order, int times, std::uint64_t requests_min) {
  const Address address = site.address();
  std::string fault = "not done";
  std::thread reader([&] { fault = download(address, "/large.bin", kGigabyte, 25'000'000); });
  pause(seconds(1));
  Visitors visitors({.address = address, .path = kPage, .connections = 32});
  for (int i = 0; i < times; ++i) {
    site.order(order);
    pause(milliseconds(200));
  }
  while (visitors.answered() < requests_min) pause(milliseconds(100));
  const VisitorReport report = visitors.stop();
  reader.join();
  print_row(fmt::format("{} {} times, beside a download of 1 GB: {}", order, times,
                        fault.empty() ? "whole" : fault),
            report);
}

void attackers(const std::string& folder) {
  const BenchBackend server(1);
  const Site site(folder, server.port());
  const Address address = site.address();
  const std::string path = "/1000";
  const auto calm = visit(
      address, kRate, [] { pause(seconds(10)); }, path);
  print_row("nothing, 10 s", calm);
  const auto attacked = [&](const std::string& what, const std::string& beginning) {
    const Attackers slow(address, 5000, beginning);
    pause(seconds(3));
    const auto report = visit(
        address, kRate, [] { pause(seconds(20)); }, path);
    print_row(
        fmt::format("5,000 connections with slow {}, 20 s; they came {} times", what, slow.came()),
        report);
  };
  attacked("heads", "GET / HTTP/1.1\r\nHost: bench\r\nX-Slow: ");
  attacked("bodies", "POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: 100000\r\n\r\n");
}

// So many connections from many addresses, which got an answer, and then ask for nothing more.
class IdleVisitors {
 public:
  IdleVisitors(const Address& address, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      connections_.push_back(connect_from_somewhere(address, i));
      if (i % 100 == 99) pause(milliseconds(10));
    }
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: bench\r\n\r\n", kPage);
    for (const UniqueFd& each : connections_)
      (void)::send(each.get(), request.data(), request.size(), 0);
    pause(seconds(2));
    std::string answer(64 * 1024, '\0');
    for (const UniqueFd& each : connections_)
      answered_ += ::recv(each.get(), answer.data(), answer.size(), MSG_DONTWAIT) > 0 ? 1 : 0;
  }

  std::size_t answered() const { return answered_; }

 private:
  std::vector<UniqueFd> connections_;
  std::size_t answered_ = 0;
};

// In turns with none of them, since the machine is not the same from one minute to the next.
void idle_connections(Site& site) {
  const Address address = site.address();
  // The balancer takes somewhat more clients than half of its descriptors.
  const std::size_t count = std::min<std::size_t>(10'000, raise_descriptor_limit() / 2);
  std::vector<double> before, with, alone, among, ratios;
  std::size_t answered = count;
  const auto p99 = [&] {
    return milliseconds_of(visit(address, kRate, [] { pause(seconds(10)); }).percentile(99));
  };
  for (int round = 0; round < 7; ++round) {
    alone.push_back(p99());
    before.push_back(static_cast<double>(memory_of(site.balancer()).now) / 1e6);
    const IdleVisitors idle(address, count);
    answered = std::min(answered, idle.answered());
    with.push_back(static_cast<double>(memory_of(site.balancer()).now) / 1e6);
    among.push_back(p99());
    ratios.push_back(among.back() / alone.back());
  }
  fmt::print(
      "\n{} idle connections: {} MB at most, {} MB before the first; p99 of 1,000 requests a "
      "second "
      "{} ms alone, {} ms among them, {} times\n\n",
      answered, std::ranges::max(with), before.front(), spread(alone, 2), spread(among, 2),
      spread(ratios, 2));
  (void)std::fflush(stdout);
}

int visit_only(char** argv) {
  const auto number = [](const char* text) {
    return static_cast<unsigned>(parse_number(text).value_or(0));
  };
  Visitors visitors(
      {.address = parse_address(argv[2]).value(), .path = argv[3], .rate = number(argv[4])});
  pause(seconds(number(argv[5])));
  print_row("visitors", visitors.stop());
  return 0;
}

int main(int argc, char** argv) {
  (void)raise_descriptor_limit();
  ignore_broken_pipes();
  if (argc == 6 && std::string_view(argv[1]) == "visit") return visit_only(argv);
  std::string folder = (std::filesystem::temp_directory_path() / "bench_XXXXXX").string();
  BRAMBLE_CHECK(::mkdtemp(folder.data()) != nullptr);
  write_file(folder + kPage, std::string(1000, 'x')).value();
  write_numbers(folder + "/large.bin", kGigabyte);
  fmt::print(
      "| what happens | requests | failed | asked anew | median | p99 | longest |\n"
      "|-|-|-|-|-|-|-|\n");
  (void)std::fflush(stdout);
  const std::string_view wanted = argc > 1 ? argv[1] : "all";
  const auto wants = [&](std::string_view what) { return wanted == "all" || wanted == what; };
  {
    Site site(folder);
    if (wants("idle")) idle_connections(site);
    if (wants("die")) backends_that_die(site);
    if (wants("reload")) orders(site, "reload", 100, 1'000'000);
    if (wants("upgrade")) orders(site, "upgrade", 10, 100'000);
  }
  if (wants("attack")) attackers(folder);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
