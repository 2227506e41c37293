// SPDX-License-Identifier: Apache-2.0
// bench_seen: how soon after a write at one node visitors of the others see it.
//
//     bench_seen LAB [ROUNDS]     150
//
//     cluster01: writes, through its own mount           cluster02, cluster03, front: each asks its
//         │       seven kinds of change a round            own web server, or balancer, for all of
//         └── end of the write ────────────────────────►   them again and again: end of the first
//                                                          answer that has it
//
// Before each round all are asked for what is there, for long enough to be kept. Writes a Markdown
// table: median and worst of each kind. The lab is up and provisioned. Runs as root.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"
#include "contender.hh"
#include "drill/connection.hh"
#include "lab/cgroup.hh"
#include "lab/guest.hh"
#include "lab/inside.hh"
#include "lab/service.hh"
#include "lab/topology.hh"
#include "net/socket.hh"
#include "rounds.hh"

namespace bramble::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kWriter = "cluster01";
constexpr std::array kObservers = {"cluster02", "cluster03", lab::kBalancerHost};
constexpr std::size_t kKinds = 7;
constexpr milliseconds kSettle{1500};  // names are asked for again each second
constexpr milliseconds kPatience{10'000};
constexpr milliseconds kApart{20};  // between two changes of a round
constexpr milliseconds kBetweenLooks{2};

// Of the writer's mount, below this folder.
class Changes {
 public:
  explicit Changes(fs::path folder) : folder_(std::move(folder)) {
    fs::remove_all(folder_);
    for (const char* name : {"link-0", "link-1", "swap"}) fs::create_directories(folder_ / name);
    for (const char* name : {"placed", "truncated", "renamed", "swap/file"}) put(name, 0);
    put("link-0/file", 0);
    fs::create_symlink("link-0", folder_ / "link");
  }

  // What is there before the round's changes.
  void prepare(unsigned round) const { put(name(4, round), round); }

  static const char* words(std::size_t kind) {
    constexpr std::array<const char*, kKinds> kWords = {"written in place",
                                                        "truncated and written",
                                                        "another file renamed over it",
                                                        "created where a 404 was",
                                                        "removed",
                                                        "a symlink to its folder switched",
                                                        "its folder swapped for another"};
    return kWords[kind];
  }
  // Relative; a web server gives it by this name, too.
  static std::string name(std::size_t kind, unsigned round) {
    constexpr std::array<const char*, kKinds> kNames = {
        "placed", "truncated", "renamed", "created-{}", "removed-{}", "link/file", "swap/file"};
    return fmt::format(fmt::runtime(kNames[kind]), round);
  }
  static bool is_there(std::size_t kind, unsigned round, int status, std::string_view body) {
    return kind == 4 ? status == 404 : status == 200 && body == content(round);
  }

  void make(std::size_t kind, unsigned round) const {
    const std::string name = Changes::name(kind, round);
    switch (kind) {
      case 0:
        return put_in_place(name, round);
      case 1:
      case 3:
        return put(name, round);
      case 2:
        put("renamed.new", round);
        return fs::rename(folder_ / "renamed.new", folder_ / name);
      case 4:
        fs::remove(folder_ / name);
        return;
      case 5: {
        const std::string target = fmt::format("link-{}", round % 2);
        put(target + "/file", round);
        fs::create_symlink(target, folder_ / "link.new");
        return fs::rename(folder_ / "link.new", folder_ / "link");
      }
      default:
        fs::create_directories(folder_ / "swap.new");
        put("swap.new/file", round);
        fs::rename(folder_ / "swap", folder_ / "swap.old");
        fs::rename(folder_ / "swap.new", folder_ / "swap");
        fs::remove_all(folder_ / "swap.old");
    }
  }

 private:
  static std::string content(unsigned round) { return fmt::format("round {:08}\n", round); }
  void put(const std::string& name, unsigned round) const {
    write_file(folder_ / name, content(round)).value();
  }
  void put_in_place(const std::string& name, unsigned round) const {
    const UniqueFd file(::open((folder_ / name).c_str(), O_WRONLY | O_CLOEXEC));
    const std::string text = content(round);
    BRAMBLE_CHECK(::pwrite(file.get(), text.data(), text.size(), 0) ==
                  static_cast<ssize_t>(text.size()));
  }

  const fs::path folder_;
};

// Asks for all kinds again and again, from the first round on; what it saw already in a round it
// lets alone.
class Observer {
 public:
  Observer(lab::Place place, std::string host, const std::atomic<unsigned>& round,
           std::string folder)
      : round_(round), folder_(std::move(folder)) {
    thread_ = std::thread([this, place = std::move(place), host = std::move(host)] {
      lab::enter(place, host).value();
      while (!over_) look();
    });
  }
  ~Observer() {
    over_ = true;
    thread_.join();
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // Nothing: not yet, in that round.
  std::optional<Clock::time_point> seen(std::size_t kind, unsigned round) const {
    if (seen_in_[kind].load(std::memory_order_acquire) != round) return std::nullopt;
    return Clock::time_point(Clock::duration(seen_at_[kind]));
  }
  std::uint64_t unanswered() const { return unanswered_; }

 private:
  void look() {
    const unsigned round = round_;
    for (std::size_t kind = 0; kind < kKinds && round != 0; ++kind) {
      if (seen_in_[kind] == round) continue;
      if (!there(kind, round)) continue;
      seen_at_[kind] = Clock::now().time_since_epoch().count();
      seen_in_[kind].store(round, std::memory_order_release);
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }

  bool there(std::size_t kind, unsigned round) {
    std::string body, fault;
    bool untouched = false;
    if (!connection_.is_open()) fault = connection_.open(local(80));
    if (fault.empty())
      fault = connection_.ask(
          drill::request_for("bench", '/' + folder_ + '/' + Changes::name(kind, round)),
          [&](std::string_view bytes) { body += bytes; }, untouched);
    int status = 200;
    if (fault == "status 404")
      status = 404;
    else if (!fault.empty())
      status = 0, ++unanswered_;
    return Changes::is_there(kind, round, status, body);
  }

  const std::atomic<unsigned>& round_;
  const std::string folder_;
  std::atomic<bool> over_ = false;
  std::array<std::atomic<unsigned>, kKinds> seen_in_{};
  std::array<std::atomic<Clock::rep>, kKinds> seen_at_{};
  std::atomic<std::uint64_t> unanswered_ = 0;
  drill::Connection connection_;
  std::thread thread_;
};

// Where the writer's volume is mounted, as seen from this machine.
Result<fs::path> mount_of(const lab::Place& place) {
  const lab::CgroupLayout layout = TRY(lab::probe_cgroups());
  const std::optional<pid_t> first = lab::leader(lab::group_of(layout, place, kWriter));
  if (!first) return failure(place.is_not_up());
  const fs::path folder = fmt::format("/proc/{}/root/srv/web", *first);
  if (!fs::exists(folder)) return failure(fmt::format("{} has no volume at /srv/web", kWriter));
  return folder;
}

using Delays = std::array<std::array<std::vector<double>, kObservers.size()>, kKinds>;  // ms

// How many of its changes somebody did not see in time.
std::size_t play(const Changes& changes, unsigned round, std::atomic<unsigned>& told,
                 const std::vector<std::unique_ptr<Observer>>& observers, Delays& delays) {
  changes.prepare(round);
  told = round;
  std::this_thread::sleep_for(kSettle);
  std::array<Clock::time_point, kKinds> ended;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    changes.make(kind, round);
    ended[kind] = Clock::now();
    std::this_thread::sleep_for(kApart);
  }
  const auto all_seen = [&] {
    for (const auto& observer : observers)
      for (std::size_t kind = 0; kind < kKinds; ++kind)
        if (!observer->seen(kind, round)) return false;
    return true;
  };
  for (const auto until = Clock::now() + kPatience; !all_seen() && Clock::now() < until;)
    std::this_thread::sleep_for(milliseconds(5));
  std::size_t missing = 0;
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    for (std::size_t i = 0; i < observers.size(); ++i) {
      const auto seen = observers[i]->seen(kind, round);
      const std::chrono::duration<double, std::milli> after =
          std::max(Clock::duration(0), seen.value_or(Clock::now()) - ended[kind]);
      delays[kind][i].push_back(after.count());
      missing += seen ? 0 : 1;
    }
  return missing;
}

Result<void> measure(const std::string& lab, unsigned rounds) {
  const lab::Place place = TRY(lab::Place::of(lab));
  const fs::path mount = TRY(mount_of(place));
  const std::string folder = "bench-seen";
  const Changes changes(mount / folder);
  std::atomic<unsigned> told = 0;
  std::vector<std::unique_ptr<Observer>> observers;
  for (const char* host : kObservers)
    observers.push_back(std::make_unique<Observer>(place, host, told, folder));
  Delays delays;
  std::size_t missing = 0;
  for (unsigned round = 1; round <= rounds; ++round)
    missing += play(changes, round, told, observers, delays);
  fmt::print("{} changes of each kind; ms until seen: median, worst\n\n", rounds);
  fmt::print("| change | {} |\n|-|-|-|-|\n", fmt::join(kObservers, " | "));
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    fmt::print("| {}", Changes::words(kind));
    for (const auto& of_one : delays[kind])
      fmt::print(" | {:.1f}, {:.1f}", median(of_one), std::ranges::max(of_one));
    fmt::print(" |\n");
  }
  std::uint64_t unanswered = 0;
  for (const auto& observer : observers) unanswered += observer->unanswered();
  fmt::print("\n{} changes not seen within {} s; {} requests without an answer\n", missing,
             std::chrono::duration_cast<std::chrono::seconds>(kPatience).count(), unanswered);
  observers.clear();
  fs::remove_all(mount / folder);
  return {};
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "Usage: bench_seen LAB [ROUNDS]\n");
    return 2;
  }
  ignore_broken_pipes();
  const std::uint64_t rounds = argc > 2 ? parse_number(argv[2]).value_or(150) : 150;
  const Result<void> done = measure(argv[1], static_cast<unsigned>(rounds));
  if (!done.ok()) fmt::print(stderr, "bench_seen: {}\n", done.error().what);
  return done.ok() ? 0 : 1;
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
