// SPDX-License-Identifier: Apache-2.0
// bench_churn: what a node's web server keeps hold of while everything changes.
//
//     bench_churn [MINUTES [NAMES [LAB]]]        30; 1,000,000; "bench"
//
// On the volume of three booted hosts, with a cache of 64 MiB and 1,000 visitors who keep their
// connections: again and again a deploy writes 10,000 files, takes the place of the one before by
// renames, and the one before is removed, while 16 visitors ask for files of the site, 300 a
// second. Then so many names of the last deploy's files are asked for, once each, by way of
// symlinks to its folder; and last what a request costs whose file is kept, beside a server that
// was asked for nothing else, in turns. Writes two Markdown tables. Needs root.
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"
#include "booted_volume.hh"
#include "drill/fetch.hh"
#include "drill/visitors.hh"
#include "file_servers.hh"
#include "net/socket.hh"
#include "numbers.hh"

namespace bramble::bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kFiles = 10'000;
constexpr int kHotFiles = 1'000;
constexpr int kLargeEvery = 100;  // of the files: too large for memory, they go to local copies
constexpr std::size_t kSmallBytes = 1'024;
constexpr std::size_t kLargeBytes = 102'400;
constexpr int kKeptConnections = 1'000;
constexpr int kVisitors = 16;
constexpr unsigned kReadRate = 300;  // requests a second
constexpr int kWriters = 8;
constexpr const char* kCacheMebibytes = "64";

// Calls it for each of so many numbers, on several threads.
template <typename Call>
void spread_over_threads(int count, const Call& call) {
  std::atomic<int> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i)
    threads.emplace_back([&] {
      for (int at; (at = next++) < count;) call(at);
    });
  for (std::thread& thread : threads) thread.join();
}

void deploy(const std::string& root, int number) {
  const std::string fresh = fmt::format("{}/deploy-{}", root, number);
  fs::create_directories(fresh);
  spread_over_threads(kFiles, [&](int i) {
    write_numbers(fmt::format("{}/{}.html", fresh, i),
                  i % kLargeEvery == 0 ? kLargeBytes : kSmallBytes);
  });
  const std::string before = fmt::format("{}/before-{}", root, number);
  if (fs::exists(root + "/site")) fs::rename(root + "/site", before);
  fs::rename(fresh, root + "/site");
  spread_over_threads(kFiles, [&](int i) { fs::remove(fmt::format("{}/{}.html", before, i)); });
  fs::remove_all(before);
}

// So many files of the folder, in another order for each seed.
std::vector<std::string> site_paths(const std::string& folder, int files, int seed) {
  std::vector<std::string> paths;
  for (int i = 0; i < kFiles; ++i) paths.push_back(fmt::format("{}/{}.html", folder, i));
  std::mt19937 random(static_cast<unsigned>(seed));
  std::ranges::shuffle(paths, random);
  paths.resize(static_cast<std::size_t>(files));
  return paths;
}

// Have had an answer, and stay.
std::vector<UniqueFd> keep_connections(std::uint16_t port) {
  const std::string request = "GET /ready HTTP/1.1\r\nHost: bench\r\n\r\n";
  std::vector<UniqueFd> kept;
  for (int i = 0; i < kKeptConnections; ++i) {
    kept.push_back(connect_to(local(port)).value());
    std::this_thread::sleep_for(milliseconds(1));
    (void)::send(kept.back().get(), request.data(), request.size(), MSG_NOSIGNAL);
  }
  return kept;
}

class Observed {
 public:
  explicit Observed(const FileServer& server) : server_(server) {}

  nlohmann::json health() const {
    std::string text;
    (void)drill::fetch({.address = local(server_.contender().port()),
                        .path = "/.bramble/health",
                        .look = [&](std::uint64_t, std::string_view bytes) { text += bytes; }});
    return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  }

  void print_row(const std::string& when, const drill::VisitorReport& visitors) const {
    const pid_t pid = server_.contender().pid();
    const auto entries = [&](const char* of) {
      const fs::directory_iterator all(fmt::format("/proc/{}/{}", pid, of));
      return std::distance(all, fs::directory_iterator());
    };
    const nlohmann::json cache = health().value("cache", nlohmann::json::object());
    fmt::print("| {} | {} | {} | {:.1f} | {:.1f} | {} | {} | {} | {} |\n", when, visitors.requests,
               visitors.failures(), static_cast<double>(memory_of(pid).now) / 1e6,
               cache.value("memory_bytes", 0.0) / 1e6, cache.value("names", 0),
               cache.value("copies", 0), entries("fd"), entries("task"));
    for (const auto& [what, times] : visitors.failed)
      (void)std::fprintf(stderr, "bench: %s, %llu times\n", what.c_str(),
                         static_cast<unsigned long long>(times));
    (void)std::fflush(stdout);
  }

 private:
  const FileServer& server_;
};

// Visitors ask for the site's files again and again, a tenth of them at a time.
class Readers {
 public:
  explicit Readers(std::uint16_t port)
      : thread_([this, port] {
          for (int seed = 0; !over_; ++seed) {
            drill::Visitors visitors({.address = local(port),
                                      .once = site_paths("/site", kFiles / 10, seed),
                                      .rate = kReadRate,
                                      .connections = kVisitors});
            const drill::VisitorReport report = visitors.finish();
            total_.requests += report.requests;
            drill::add(total_.failed, report.failed);
          }
        }) {}
  drill::VisitorReport stop() {
    over_ = true;
    thread_.join();
    return total_;
  }

 private:
  std::atomic<bool> over_ = false;
  drill::VisitorReport total_;
  std::thread thread_;
};

void churn(const FileServer& server, const std::string& root, std::chrono::minutes time) {
  const Observed observed(server);
  fmt::print(
      "| deploys, minutes | requests | failed | RSS, MB | of it cache, MB | names | copies | "
      "descriptors | threads |\n|-|-|-|-|-|-|-|-|-|\n");
  observed.print_row("0: 1,000 connections, nothing kept", {});
  deploy(root, 0);
  const auto begin = Clock::now();
  for (int number = 1; Clock::now() - begin < time; ++number) {
    Readers readers(server.contender().port());
    deploy(root, number);
    const drill::VisitorReport report = readers.stop();
    const std::chrono::duration<double, std::ratio<60>> passed = Clock::now() - begin;
    observed.print_row(fmt::format("{}, {:.1f}", number, passed.count()), report);
  }
}

// Of the server that has seen all names, and of one that has seen none, in turns.
Result<void> compare_hits(const FileServer& experienced, const FileServer& fresh,
                          const std::string& folder) {
  const std::string script = folder + "/hot.lua";
  TRY(write_file(script, fmt::format("local at = 0\n"
                                     "function request()\n"
                                     "  at = at % {} + 1\n"
                                     "  return wrk.format('GET', '/hot/' .. at .. '.html')\n"
                                     "end\n",
                                     kHotFiles)));
  std::array<std::vector<double>, 2> costs;
  for (int round = -2; round < 9; ++round)
    for (std::size_t i = 0; i < costs.size(); ++i) {
      const FileServer& server = i == 0 ? experienced : fresh;
      const Sample sample = TRY(ask_by_wrk(server.contender(), {.script = script}));
      if (round >= 0) costs[i].push_back(sample.cpu_microseconds());
    }
  fmt::print(
      "{} files that are kept: {} µs of CPU a request; of a server that was asked for nothing else "
      "{} µs; ratio {:.2f}\n",
      kHotFiles, spread(costs[0], 1), spread(costs[1], 1), median(costs[0]) / median(costs[1]));
  return {};
}

// Asked for while the others pass by, so that they stay.
void ask_for_many(const FileServer& server, const std::string& root, int names) {
  const Observed observed(server);
  fs::create_directories(root + "/names");
  for (int folder = 0; folder < names / kFiles; ++folder) {
    const std::string link = fmt::format("{}/names/{}", root, folder);
    if (!fs::exists(link)) fs::create_symlink("../site", link);
  }
  std::vector<std::string> hot_paths;
  for (int i = 1; i <= kHotFiles; ++i) hot_paths.push_back(fmt::format("/hot/{}.html", i));
  drill::VisitorReport total;
  for (int folder = 0; folder < names / kFiles; ++folder) {
    drill::Visitors visitors({.address = local(server.contender().port()),
                              .once = site_paths(fmt::format("/names/{}", folder), kFiles, folder),
                              .connections = kVisitors});
    const drill::VisitorReport report = visitors.finish();
    total.requests += report.requests;
    drill::add(total.failed, report.failed);
    drill::Visitors(
        {.address = local(server.contender().port()), .once = hot_paths, .connections = kVisitors})
        .finish();
    if ((folder + 1) % std::max(1, names / kFiles / 5) == 0)
      observed.print_row(fmt::format("{} names", (folder + 1) * kFiles), total);
  }
}

Result<void> measure(const BootedVolume& volume, int minutes, int names) {
  TRY(volume.enter());
  std::string folder = (fs::temp_directory_path() / "bench_XXXXXX").string();
  BRAMBLE_CHECK(::mkdtemp(folder.data()) != nullptr);
  fs::permissions(folder, fs::perms(0755));
  const std::string root = folder + "/web";
  fs::create_directories(root);
  const FuseMount mount(kOurVolume, root);
  TRY(write_file(root + "/ready", "ready\n"));
  const auto serve = [&] {
    return std::make_unique<FileServer>(
        ServerPlan{.name = "bramble serve --volume",
                   .kind = ServerKind::kOursOnVolume,
                   .source = kOurVolume,
                   .threads = 2,
                   .more_words = {"--cache-memory", kCacheMebibytes}},
        folder);
  };
  const auto server = serve();
  const std::vector<UniqueFd> kept = keep_connections(server->contender().port());
  fmt::print("{}\n\n", machine());
  churn(*server, root, std::chrono::minutes(minutes));
  fs::create_directories(root + "/hot");
  spread_over_threads(kHotFiles, [&](int i) {
    write_numbers(fmt::format("{}/hot/{}.html", root, i + 1), kSmallBytes);
  });
  fmt::print(
      "\n| asked for once | requests | failed | RSS, MB | of it cache, MB | names | copies | "
      "descriptors | threads |\n|-|-|-|-|-|-|-|-|-|\n");
  ask_for_many(*server, root, names);
  fmt::print("\n");
  return compare_hits(*server, *serve(), folder);
}

int number_of(const char* text, int otherwise) {
  return static_cast<int>(parse_number(text).value_or(static_cast<std::uint64_t>(otherwise)));
}

int main(int argc, char** argv) {
  const int minutes = argc > 1 ? number_of(argv[1], 30) : 30;
  const int names = argc > 2 ? number_of(argv[2], 1'000'000) : 1'000'000;
  (void)raise_descriptor_limit();
  ignore_broken_pipes();
  return measure_on_booted_volume(argc > 3 ? argv[3] : "bench", [&](const BootedVolume& volume) {
    return measure(volume, minutes, names);
  });
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
