// SPDX-License-Identifier: Apache-2.0
// bench_stripe: one large file from three nodes whose cables are throttled, through HAProxy, and
// `bramble balance` without and with --stripe, all on the front; then several at once with small
// requests beside them, and these alone.
//
//     bench_stripe LAB /FILE /SMALL           [RATE,RATE,RATE [ROUNDS [TOGETHER]]]
//     bench_stripe bare one-queue|fair-queues|far [100mbit,100mbit,100mbit, 3, 10]
//
// A lab is up and provisioned, and the files lie on its volume; its tunnels and six hosts share
// this machine's processor. Bare nodes (bare_nodes.hh) and their files are made here: with one
// queue before each cable, or one for each connection; far: the latter, with 5 ms of cable. Runs as
// root.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "bare_nodes.hh"
#include "base/file.hh"
#include "base/text.hh"
#include "child_process.hh"
#include "contender.hh"
#include "drill/fetch.hh"
#include "drill/visitors.hh"
#include "lab/inside.hh"
#include "lab/rate.hh"
#include "net/socket.hh"
#include "numbers.hh"
#include "rounds.hh"

namespace bramble::bench {
namespace {

using drill::Fetched;
using std::chrono::duration;

constexpr std::array kNodes = {"cluster01", "cluster02", "cluster03"};
constexpr const char* kHealth = "/.bramble/health";
constexpr unsigned kSmallRate = 200;  // requests a second
constexpr std::chrono::seconds kAlone{10};
constexpr std::uint64_t kLargeBytes = 256'000'000, kSmallBytes = 1'000;  // of bare nodes' files

double seconds_since(std::chrono::steady_clock::time_point then) {
  return duration<double>(std::chrono::steady_clock::now() - then).count();
}

void throttle(const std::string& lab, const std::string& host, const std::string& rate) {
  test::ChildProcess slow({BRAMBLE_PROGRAM, "lab", "--name", lab, "slow", host, rate});
  BRAMBLE_CHECK(slow.wait() == 0);
}

// What this thread starts from now on has the front's network.
Result<void> enter_front(const std::string& lab) {
  const lab::Place place = TRY(lab::Place::of(lab));
  return lab::enter(place, lab::kBalancerHost);
}

std::vector<std::unique_ptr<Contender>> contenders(const std::string& folder,
                                                   const std::vector<std::string>& nodes) {
  std::vector<std::unique_ptr<Contender>> all;
  std::uint16_t port = free_port();
  std::string file = fmt::format(
      "global\n  nbthread 1\n  tune.pipesize 1048576\n"
      "defaults\n  mode http\n  timeout client 60s\n  timeout server 60s\n  timeout connect 5s\n"
      "  option splice-auto\n  http-reuse always\n"
      "frontend f\n  bind 127.0.0.1:{}\n  default_backend b\n"
      "backend b\n  balance roundrobin\n",
      port);
  for (std::size_t i = 0; i < kNodes.size(); ++i)
    file += fmt::format("  server {} {}\n", kNodes[i], nodes[i]);
  write_file(folder + "/haproxy.cfg", file).value();
  all.push_back(std::make_unique<Contender>(
      "HAProxy", std::vector<std::string>{"haproxy", "-db", "-f", folder + "/haproxy.cfg"}, port,
      kContenderCore));
  for (const bool stripes : {false, true}) {
    port = free_port();
    std::vector<std::string> argv = {
        BRAMBLE_PROGRAM, "balance",      "--threads", "1",        "--access-log",
        "off",           "--check-path", kHealth,     "--listen", fmt::format("127.0.0.1:{}", port),
        "--resume"};
    if (stripes) argv.emplace_back("--stripe");
    for (std::size_t i = 0; i < kNodes.size(); ++i)
      argv.insert(argv.end(), {"--to", fmt::format("{}={}", kNodes[i], nodes[i])});
    all.push_back(std::make_unique<Contender>(stripes ? "bramble, striped" : "bramble", argv, port,
                                              kContenderCore));
  }
  return all;
}

struct Course {
  double rate = 0;  // MB a second
  double cpu = 0;   // ms a MB
};

Fetched whole(const Contender& of, const std::string& path) {
  Fetched got =
      drill::fetch({.address = local(of.port()), .path = path, .look = [](auto, auto) {}});
  if (!got.fault.empty()) fmt::print(stderr, "bench_stripe: {}: {}\n", of.name(), got.fault);
  return got;
}

Course alone(const Contender& of, const std::string& path) {
  const auto began = std::chrono::steady_clock::now();
  const auto cpu_before = of.cpu();
  const double megabytes = static_cast<double>(whole(of, path).bytes) / 1e6;
  return {.rate = megabytes / seconds_since(began),
          .cpu = duration<double, std::milli>(of.cpu() - cpu_before).count() / megabytes};
}

void one_at_a_time(const std::vector<std::unique_ptr<Contender>>& all, const std::string& path,
                   std::size_t rounds) {
  std::vector<std::vector<double>> rates(all.size()), cpus(all.size());
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Course course = alone(*all[i], path);
      rates[i].push_back(course.rate);
      cpus[i].push_back(course.cpu);
    }
  fmt::print("| one download | MB a second | to HAProxy | ms of CPU a MB |\n|-|-|-|-|\n");
  for (std::size_t i = 0; i < all.size(); ++i)
    fmt::print("| {} | {:.2f} | {:.2f} | {:.1f} |\n", all[i]->name(), median(rates[i]),
               median(rates[i]) / median(rates[0]), median(cpus[i]));
}

double milliseconds_of(const drill::VisitorReport& report, double percent) {
  return static_cast<double>(report.percentile(percent).count()) / 1000;
}

// The memory is that of the whole run: nothing before takes more.
void together(const Contender& of, const std::string& path, const std::string& small_path,
              std::size_t count) {
  const drill::VisitorOptions small_ones = {
      .address = local(of.port()), .path = small_path, .rate = kSmallRate};
  drill::Visitors calm(small_ones);
  std::this_thread::sleep_for(kAlone);
  const drill::VisitorReport alone = calm.stop();
  drill::Visitors visitors(small_ones);
  std::vector<double> rates(count);
  std::vector<std::thread> threads;
  for (double& rate : rates)
    threads.emplace_back([&] {
      const auto began = std::chrono::steady_clock::now();
      rate = static_cast<double>(whole(of, path).bytes) / 1e6 / seconds_since(began);
    });
  for (std::thread& thread : threads) thread.join();
  const drill::VisitorReport small = visitors.stop();
  double sum = 0;
  for (const double rate : rates) sum += rate;
  fmt::print(
      "| {} | {:.2f} | {:.2f} | {:.1f} MB | {} | {} | {:.1f} ms | {:.1f} ms | {:.1f} ms | {:.2f} "
      "|\n",
      of.name(), sum, *std::ranges::min_element(rates) / (sum / static_cast<double>(count)),
      static_cast<double>(memory_of(of.pid()).most) / 1e6, small.requests, small.failures(),
      milliseconds_of(small, 50), milliseconds_of(small, 99), milliseconds_of(alone, 99),
      milliseconds_of(small, 99) / milliseconds_of(alone, 99));
}

struct Plan {
  std::string path, small_path;
  std::string rates = "100mbit,100mbit,100mbit";
  std::uint64_t rounds = 3, together = 10;
};

// From the front's network.
void measure(const Plan& plan, const std::vector<std::string>& nodes, const std::string& folder) {
  const auto all = contenders(folder, nodes);
  fmt::print("cables {}, {}\n\n", plan.rates, plan.path);
  one_at_a_time(all, plan.path, plan.rounds);
  fmt::print(
      "\n| {} at once | MB a second | slowest to mean | memory at most | small requests | failed "
      "| median | p99 | p99 without downloads | p99 to that |\n|-|-|-|-|-|-|-|-|-|-|\n",
      plan.together);
  for (const auto& contender : all) together(*contender, plan.path, plan.small_path, plan.together);
}

Result<void> in_a_lab(const std::string& lab, const Plan& plan, const std::string& folder) {
  const std::vector<std::string_view> each = split(plan.rates, ',');
  BRAMBLE_CHECK(each.size() == kNodes.size());
  for (std::size_t i = 0; i < kNodes.size(); ++i) throttle(lab, kNodes[i], std::string(each[i]));
  TRY(enter_front(lab));
  measure(plan, {"10.77.0.11:80", "10.77.0.12:80", "10.77.0.13:80"}, folder);  // their tunnels
  return {};
}

Result<void> on_bare_nodes(BareNodes::Cables cables, const Plan& plan, const std::string& folder) {
  for (const std::string_view rate : split(plan.rates, ','))
    cables.rates.push_back(TRY(lab::Rate::parse(rate)));
  BRAMBLE_CHECK(cables.rates.size() == kNodes.size());
  const std::string files = folder + "/files";
  std::filesystem::create_directories(files);
  write_numbers(files + plan.path, kLargeBytes);
  write_numbers(files + plan.small_path, kSmallBytes);
  const auto nodes = TRY(BareNodes::start(cables, files));
  measure(plan, nodes->addresses(), folder);
  return {};
}

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool bare = !words.empty() && words[0] == "bare";
  BareNodes::Cables cables;
  const std::string kind = bare && words.size() > 1 ? words[1] : "";
  if (kind != "one-queue") cables.queues = BareNodes::Queues::kOfConnections;
  if (kind == "far") cables.delay = std::chrono::milliseconds(5);
  if (bare ? kind != "one-queue" && kind != "fair-queues" && kind != "far" : words.size() < 3) {
    fmt::print(stderr,
               "Usage: bench_stripe LAB /FILE /SMALL [RATE,RATE,RATE [ROUNDS [TOGETHER]]]\n"
               "       bench_stripe bare one-queue|fair-queues|far [RATE,RATE,RATE [...]]\n");
    return 2;
  }
  Plan plan{.path = bare ? "/large" : words[1], .small_path = bare ? "/small" : words[2]};
  const std::size_t first = bare ? 2 : 3;
  if (words.size() > first) plan.rates = words[first];
  if (words.size() > first + 1) plan.rounds = parse_number(words[first + 1]).value_or(3);
  if (words.size() > first + 2) plan.together = parse_number(words[first + 2]).value_or(10);
  BRAMBLE_CHECK(plan.together > 0);
  ignore_broken_pipes();
  std::string folder = (std::filesystem::temp_directory_path() / "bench_XXXXXX").string();
  BRAMBLE_CHECK(::mkdtemp(folder.data()) != nullptr);
  const Result<void> done =
      bare ? on_bare_nodes(cables, plan, folder) : in_a_lab(words[0], plan, folder);
  std::filesystem::remove_all(folder);
  if (!done.ok()) fmt::print(stderr, "bench_stripe: {}\n", done.error().what);
  return done.ok() ? 0 : 1;
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
