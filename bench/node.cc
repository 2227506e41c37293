// SPDX-License-Identifier: Apache-2.0
// bench_node: what a node's web server costs and how fast it is, beside nginx.
//
//     bench_node [ROUNDS [LAB [cold]]]   7; "bench": a lab that is booted, and taken down in the
//                                        end; cold: only what is not kept
//
// All servers run in the network of one of three booted hosts, whose bricks hold the volume. From
// cache, contenders have a core and take turns of one second; cold, both cores are everybody's, and
// before each pass over the files the server is started anew, and what it reads through mounted
// anew. (The bricks' own page caches stay warm.) CPU is that of the server, of all its threads and
// of the GlusterFS client: nginx' own process for a mount, a part of us. Writes three Markdown
// tables. Needs root.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"
#include "bench_backend.hh"
#include "booted_volume.hh"
#include "file_servers.hh"
#include "net/socket.hh"
#include "numbers.hh"
#include "rounds.hh"

namespace bramble::bench {
namespace {

namespace fs = std::filesystem;

struct FileSet {
  const char* name;  // and folder
  std::size_t bytes;
  int files;
};
constexpr std::array<FileSet, 3> kSmall = {
    {{"1 KB", 1'024, 2000}, {"10 KB", 10'240, 2000}, {"60 KB", 61'440, 2000}}};
constexpr FileSet kLarge = {"100 MB", 100'000'000, 4};

constexpr int kWarmConnections = 64;
constexpr int kColdConnections = 32;
constexpr int kLargeConnections = 4;
constexpr int kWarmDownloads = 5;  // of each large file, a round
constexpr int kWriters = 8;

std::string folder_of(const FileSet& set) { return fmt::format("/{}", set.bytes); }

std::vector<std::string> paths_of(const FileSet& set) {
  std::vector<std::string> paths;
  for (int i = 0; i < set.files; ++i) paths.push_back(fmt::format("{}/{}.html", folder_of(set), i));
  return paths;
}

void write_set(const std::string& root, const FileSet& set) {
  fs::create_directories(root + folder_of(set));
  const std::vector<std::string> paths = paths_of(set);
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i)
    writers.emplace_back([&] {
      for (std::size_t at; (at = next++) < paths.size();)
        write_numbers(root + paths[at], set.bytes);
    });
  for (std::thread& writer : writers) writer.join();
}

// The file /ready is the last.
void write_files(const std::string& root) {
  if (fs::exists(root + "/ready")) return;
  fs::create_directories(root + "/.bramble");
  write_file(root + "/.bramble/heartbeat", "a heartbeat\n").value();
  for (const FileSet& set : kSmall) write_set(root, set);
  write_set(root, kLarge);
  write_file(root + "/ready", "ready\n").value();
}

// wrk asks for one file after the other.
std::string script_for(const FileSet& set, const std::string& folder) {
  const std::string file = fmt::format("{}/{}.lua", folder, set.bytes);
  write_file(file, fmt::format("local requests, at = {{}}, 0\n"
                               "function init()\n"
                               "  for i = 0, {1} - 1 do\n"
                               "    requests[i] = wrk.format('GET', '{0}/' .. i .. '.html')\n"
                               "  end\n"
                               "end\n"
                               "function request()\n"
                               "  at = (at + 1) % {1}\n"
                               "  return requests[at]\n"
                               "end\n",
                               folder_of(set), set.files))
      .value();
  return file;
}

// What a table tells of a sample; the first is what contenders are compared by.
struct Telling {
  double (Sample::*measure)() const;
  int digits;
  double (Sample::*beside)() const;
  const char* unit_beside;
};
constexpr Telling kCost = {&Sample::cpu_microseconds, 1, &Sample::rate, "/s"};
constexpr Telling kRate = {&Sample::rate, 0, &Sample::cpu_microseconds, " µs"};
constexpr Telling kCopying = {&Sample::megabytes_a_cpu_second, 0, &Sample::megabytes_a_second,
                              " MB/s"};

std::vector<double> all_of(const std::vector<Sample>& samples, double (Sample::*what)() const) {
  std::vector<double> numbers;
  for (const Sample& sample : samples) numbers.push_back((sample.*what)());
  return numbers;
}

// Rounds in turns: sample(contender, round); round -1 warms up, where there is one.
using Sampler = std::function<Result<Sample>(std::size_t contender, int round)>;
struct Row {
  std::string name;
  std::size_t contenders;
  std::vector<std::pair<std::size_t, std::size_t>> ratios;  // of whom to whom
  int rounds;
  bool warm;
};
bool print_row(const Row& row, const Telling& telling, const Sampler& sample) {
  std::vector<std::vector<Sample>> samples(row.contenders);
  for (int round = row.warm ? -1 : 0; round < row.rounds; ++round)
    for (std::size_t i = 0; i < row.contenders; ++i) {
      const Result<Sample> got = sample(i, round);
      if (!got.ok()) {
        (void)std::fprintf(stderr, "bench: %s\n", got.error().what.c_str());
        return false;
      }
      if (round >= 0) samples[i].push_back(*got);
    }
  fmt::print("| {}", row.name);
  for (const auto& of_one : samples)
    fmt::print(" | {}; {:.0f}{}", spread(all_of(of_one, telling.measure), telling.digits),
               median(all_of(of_one, telling.beside)), telling.unit_beside);
  for (const auto& [of, to] : row.ratios)
    fmt::print(" | **{:.2f}**", median(all_of(samples[of], telling.measure)) /
                                    median(all_of(samples[to], telling.measure)));
  fmt::print(" |\n");
  (void)std::fflush(stdout);
  return true;
}

std::vector<std::string> shuffled(std::vector<std::string> paths, int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::ranges::shuffle(paths, random);
  return paths;
}

// The visitors keep away from the contender's core.
Result<Sample> served_from_the_load_core(const FileServer& server,
                                         const std::vector<std::string>& paths, int connections) {
  Result<Sample> sample = failure("not served");
  std::thread([&] {
    pin_to(kLoadCore);
    sample = server.serve(paths, connections);
  }).join();
  return sample;
}

// By the first event a server learns that bricks tell of changes: until then it asks each second.
// On a node, the vitals write this file: as it is, since they would replace any other text at once.
void write_a_heartbeat(const std::string& folder) {
  const std::string root = folder + "/" + kOurVolume;
  const FuseMount mount(kOurVolume, root);
  const std::string file = root + "/.bramble/heartbeat";
  const std::string beat = read_file(file).value();
  std::ofstream(file) << beat;
}

struct Bench {
  std::string folder;
  std::string local_files;
  int rounds;

  bool warm() const;
  bool cold() const;

 private:
  bool small_row(const FileSet& set, const std::vector<std::unique_ptr<FileServer>>& servers) const;
};

bool Bench::small_row(const FileSet& set,
                      const std::vector<std::unique_ptr<FileServer>>& servers) const {
  const std::string script = script_for(set, folder);
  return print_row(
      {fmt::format("{} files of {}", set.files, set.name), 3, {{1, 0}, {2, 0}}, rounds, true},
      kCost, [&](std::size_t i, int round) -> Result<Sample> {
        // Twice: what is kept of a large file is known to be whole after the first.
        for (int pass = 0; round < 0 && pass < 2; ++pass)
          TRY(servers[i]->serve(paths_of(set), kColdConnections));
        return ask_by_wrk(servers[i]->contender(),
                          {.connections = kWarmConnections, .script = script});
      });
}

bool Bench::warm() const {
  std::vector<std::unique_ptr<FileServer>> servers;
  for (const ServerPlan& plan :
       {ServerPlan{"nginx", ServerKind::kNginx, local_files, 1, kContenderCore},
        ServerPlan{"bramble serve DIR", ServerKind::kOurs, local_files, 1, kContenderCore},
        ServerPlan{"bramble serve --volume", ServerKind::kOursOnVolume, kOurVolume, 1,
                   kContenderCore}})
    servers.push_back(std::make_unique<FileServer>(plan, folder));
  write_a_heartbeat(folder);
  fmt::print(
      "\nFrom cache: µs of CPU a request; requests a second. {} connections\n\n"
      "| case | nginx, local disk | bramble serve DIR | bramble serve --volume | DIR to nginx | "
      "volume to nginx |\n|-|-|-|-|-|-|\n",
      kWarmConnections);
  bool good = true;
  for (const FileSet& set : kSmall) good = small_row(set, servers) && good;
  fmt::print(
      "\nFrom cache: MB a second of CPU; MB a second. {} connections\n\n"
      "| case | nginx, local disk | bramble serve DIR | bramble serve --volume | DIR to nginx | "
      "volume to nginx |\n|-|-|-|-|-|-|\n",
      kLargeConnections);
  std::vector<std::string> downloads;
  for (int i = 0; i < kWarmDownloads; ++i)
    std::ranges::copy(paths_of(kLarge), std::back_inserter(downloads));
  return print_row({fmt::format("files of {}", kLarge.name), 3, {{1, 0}, {2, 0}}, rounds, true},
                   kCopying,
                   [&](std::size_t i, int) {
                     return served_from_the_load_core(*servers[i], downloads, kLargeConnections);
                   }) &&
         good;
}

bool Bench::cold() const {
  const int threads = static_cast<int>(std::thread::hardware_concurrency());
  const std::array<ServerPlan, 3> plans = {
      {{"nginx on a mount", ServerKind::kNginxOnMount, kOurVolume, threads},
       {"nginx on a mount of GlusterFS' own options", ServerKind::kNginxOnMount, kStockVolume,
        threads},
       {"bramble serve --volume", ServerKind::kOursOnVolume, kOurVolume, threads}}};
  const auto row = [&](const FileSet& set, const Telling& telling, int connections) {
    return print_row({fmt::format("{} files of {}", set.files, set.name),
                      plans.size(),
                      {{2, 0}, {2, 1}},
                      rounds,
                      false},
                     telling, [&](std::size_t i, int round) -> Result<Sample> {
                       const FileServer server(plans[i], folder);
                       if (plans[i].kind == ServerKind::kOursOnVolume) write_a_heartbeat(folder);
                       return server.serve(shuffled(paths_of(set), round), connections);
                     });
  };
  const char* const head =
      "| case | nginx, mounted | nginx, mounted, GlusterFS' own options | bramble serve --volume "
      "| to the one | to the other |\n|-|-|-|-|-|-|\n";
  fmt::print(
      "\nCold: requests a second; µs of CPU a request. {} threads, {} connections, each file "
      "once\n\n{}",
      threads, kColdConnections, head);
  bool good = true;
  for (const FileSet& set : kSmall) good = row(set, kRate, kColdConnections) && good;
  fmt::print("\nCold: MB a second of CPU; MB a second. {} threads, {} connections\n\n{}", threads,
             kLargeConnections, head);
  return row(kLarge, kCopying, kLargeConnections) && good;
}

Result<void> measure(const BootedVolume& volume, int rounds, bool all) {
  TRY(volume.enter());
  std::string folder = (fs::temp_directory_path() / "bench_XXXXXX").string();
  BRAMBLE_CHECK(::mkdtemp(folder.data()) != nullptr);
  fs::permissions(folder, fs::perms(0755));
  const std::string local_files = folder + "/files";
  fs::create_directories(local_files);
  write_files(local_files);
  for (const char* name : {kOurVolume, kStockVolume}) {
    const std::string root = folder + "/" + name;
    fs::create_directories(root);
    const FuseMount mount(name, root);
    write_files(root);
  }
  fmt::print("{}; median (least–most) of {} rounds\n", machine(), rounds);
  const Bench bench{.folder = folder, .local_files = local_files, .rounds = rounds};
  const bool warm = !all || bench.warm();
  const bool good = bench.cold() && warm;
  fs::remove_all(folder);
  if (!good) return failure("not all was measured");
  return {};
}

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? static_cast<int>(parse_number(argv[1]).value_or(7)) : 7;
  ignore_broken_pipes();
  const bool all = argc < 4 || std::string_view(argv[3]) != "cold";
  return measure_on_booted_volume(argc > 2 ? argv[2] : "bench", [&](const BootedVolume& volume) {
    return measure(volume, rounds, all);
  });
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
