// SPDX-License-Identifier: Apache-2.0
// No reader ever sees a version older than promised, nor bytes of two, whatever happens to bricks
// and cables. BRAMBLE_TEST_COHERENCE_SECONDS makes it longer (30), BRAMBLE_TEST_COHERENCE_SEED
// another run.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "base/text.hh"
#include "lab/inside.hh"
#include "system/cluster_fixture.hh"
#include "system/coherence.hh"
#include "system/plain_get.hh"

namespace bramble::test {
namespace {

using namespace std::chrono_literals;

// What is promised, and what a machine that plays ten hosts at once, and compiles meanwhile, may
// add before it lets a node hear of an event. (Seen on two cores at a load of 30: old content for
// 51 ms, old names for 250 ms.)
constexpr std::int64_t kSlack = 50'000'000;
constexpr std::int64_t kContentPromise = 100'000'000 + kSlack;
constexpr std::int64_t kNamePromise = 1'100'000'000 + kSlack;

const std::vector<std::string> kWriters = {"cluster01", "cluster02"};

// What is written, and by whom it is read.
struct Load {
  std::vector<std::string> names;  // of each writer
  bool seldom = false;
  std::int64_t round = kSecond;  // in which the one that keeps nothing comes by all of them
};

const Load& often() {
  static const std::vector<std::string> names = {"file0",     "file1",        "file2",      "file3",
                                                 "live/page", "current/page", "steady/page"};
  static const Load load{.names = names};
  return load;
}

// So many names that a server which keeps few has to ask for most of them: it lists their folders
// on all bricks, and reads from one of them.
const Load& seldom() {
  static const Load load = [] {
    Load made{.names = {"live/page", "current/page"}, .seldom = true, .round = 4 * kSecond};
    for (int i = 0; i < 12; ++i) made.names.push_back(fmt::format("seldom/page{}", i));
    for (int i = 0; i < 150; ++i) made.names.push_back(fmt::format("calm/page{}", i));
    return made;
  }();
  return load;
}

// A server on each node that keeps nothing. It tells what the volume itself says: while a brick
// that was away is healed, GlusterFS can bring back a name that was unlinked meanwhile (seen
// with 10.3).
constexpr std::uint16_t kWitnessPort = 8090;
constexpr const char* kWitness =
    "sudo systemd-run --quiet --collect --unit=witness -p DynamicUser=yes bramble serve "
    "--volume localhost:web --cache-memory 0 --listen 127.0.0.1:8090";

// The one that keeps few; no root, as the nodes' own is none, so that permissions matter.
constexpr std::uint16_t kForgetfulPort = 8091;
constexpr const char* kForgetful =
    "sudo systemd-run --quiet --collect --unit=forgetful -p DynamicUser=yes bramble serve "
    "--volume localhost:web --cache-memory 1 --listen 127.0.0.1:8091 --admin 127.0.0.1:8092";

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int number_of(const char* variable, int otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

class CoherenceTest : public ClusterTest {
 protected:
  struct Run {
    int reads = 0;
    int unanswered = 0;  // 503s, and what a cut cable swallowed
    int from_bricks = 0;
    int from_disk = 0;  // of these
    std::vector<std::string> violations;
  };

  void SetUp() override {
    ClusterTest::SetUp();
    if (IsSkipped()) return;
    for (const std::string& host : kWriters) {
      const auto copied = ::bramble::run({.argv = {"scp", "-q", "-F", lab().ssh_config(),
                                                   COHERENCE_WRITER, host + ":coherence_writer"}});
      ASSERT_TRUE(copied.ok() && copied->ok());
    }
  }

  // For so long, or what is written seldom until the faults are over.
  Run run(const Load& load, std::chrono::seconds time,
          const std::function<void()>& faults = nullptr) {
    const int seed =
        number_of("BRAMBLE_TEST_COHERENCE_SEED", static_cast<int>(std::random_device()() % 10'000));
    fmt::print("seed {}\n", seed);
    load_ = &load;
    folder_ = fmt::format("coherence-{}", now());
    over_ = false;
    for (auto* const all : {&reads_, &witnessed_})
      for (std::vector<Read>& of_node : *all) of_node.clear();
    unanswered_ = 0;
    for (const std::string& writer : kWriters)
      lab().ssh_ok(writer, "sudo rm -f /run/coherence_over");
    std::vector<std::thread> threads;
    std::vector<std::string> changes(kWriters.size());
    for (std::size_t i = 0; i < kWriters.size(); ++i)
      threads.emplace_back([&, i] {
        changes[i] =
            lab().ssh_ok(kWriters[i], fmt::format("sudo ./coherence_writer /srv/web/{} {} {} {}{}",
                                                  folder_, kWriters[i], seed + static_cast<int>(i),
                                                  time.count(), load.seldom ? " seldom" : ""));
      });
    for (const std::string& node : kNodes)
      if (load.seldom) lab().ssh_ok(node, kForgetful);
    std::vector<std::thread> readers;
    for (int i = 0; i < 6; ++i) readers.emplace_back([this, i] { read(i % 3); });
    for (std::size_t node = 0; faults && node < kNodes.size(); ++node) {
      lab().ssh_ok(kNodes[node], kWitness);
      for (const std::string& writer : kWriters)
        readers.emplace_back([this, node, writer] { witness(node, writer); });
    }
    if (faults) faults();
    if (load.seldom)
      for (const std::string& writer : kWriters)
        lab().ssh_ok(writer, "sudo touch /run/coherence_over");
    for (std::thread& writer : threads) writer.join();
    std::this_thread::sleep_for(1500ms);
    over_ = true;
    for (std::thread& reader : readers) reader.join();
    for (std::size_t node = 0; faults && node < kNodes.size(); ++node)
      lab().ssh_ok(kNodes[node], "sudo systemctl stop witness");
    const int from_bricks = load.seldom ? read_from_bricks() : 0;
    const int from_disk = load.seldom ? read_from("disk") : 0;
    for (const std::string& node : kNodes)
      if (load.seldom) lab().ssh_ok(node, "sudo systemctl stop forgetful");

    History history;
    for (const std::string& lines : changes)
      parse_changes(lines, kContentPromise, kNamePromise, history);
    EXPECT_GE(history.size(), kWriters.size() * load.names.size() * 9 / 10);
    Run result = judged(history);
    result.from_bricks = from_bricks;
    result.from_disk = from_disk;
    return result;
  }

  // A node that is cut off cannot know what it misses before its connections break.
  std::atomic<int> aside_{-1};

  void end_and_start_a_brick() {
    lab().ssh_ok("cluster03",
                 "sudo pkill glusterfsd; sleep 2; for i in $(seq 30); do sudo gluster volume start "
                 "web force && exit; sleep 1; done; exit 1");
  }

  void pull_a_cable(const std::string& server) {
    aside_ = 2;
    lab().cut("cluster03");
    std::this_thread::sleep_for(4s);
    lab().mend("cluster03");
    // Until it says that it reads again, what it gives is as its health tells: possibly old.
    EXPECT_TRUE(eventually([&] {
      return lab()
          .ssh("cluster03", fmt::format("for i in 1 2 3 4; do curl -sf -o /dev/null "
                                        "{}/.bramble/health || exit 1; sleep 0.5; done",
                                        server))
          .ok();
    }));
    aside_ = -1;
  }

  void hang_a_brick(const std::string& host, std::chrono::seconds time) {
    lab().ssh_ok(host, fmt::format("sudo pkill -STOP glusterfsd; sleep {}; sudo pkill -CONT "
                                   "glusterfsd",
                                   time.count()));
  }

  // The brick of cluster03 misses what they write, and the server beside it does not notice:
  // it reaches all three.
  void keep_writers_from_a_brick(std::chrono::seconds time) {
    lab().ssh_ok(
        "cluster03",
        fmt::format("port=$(sudo ss -tlnpH | grep glusterfsd | grep -o ':[0-9]* ' | head -n 1 | "
                    "tr -d ': ') && sudo nft \"add table inet apart; add chain inet apart in "
                    "{{ type filter hook input priority -200 ; }}; add rule inet apart in ip "
                    "saddr {{ 10.89.0.11, 10.89.0.12 }} tcp dport $port reject with tcp reset\" "
                    "&& sleep {}; sudo nft delete table inet apart",
                    time.count()));
  }

  // All nodes together. How many files one brick gave, or its disk.
  int read_from_bricks() { return read_from("bricks"); }
  int read_from(std::string_view what) {
    const std::string figure = fmt::format("bramble_cache_files_from_{}_total ", what);
    int all = 0;
    for (const std::string& node : kNodes) {
      const std::string told = lab().ssh(node, "curl -s 127.0.0.1:8092/metrics").out;
      for (const std::string_view line : lines(told))
        if (line.starts_with(figure))
          all += static_cast<int>(parse_number(line.substr(figure.size())).value_or(0));
    }
    return all;
  }

  // Until it is so many more, as hardly anything is read from them before it is healed; but heals
  // take their time.
  bool let_bricks_be_read(int files) {
    const int before = read_from_bricks();
    return eventually([&] { return read_from_bricks() >= before + files; }, 30s);
  }

  // One of each file.
  static std::string first(const std::vector<std::string>& violations) {
    std::string told;
    for (const std::string& each : violations) {
      const std::size_t begin = each.find("s: ");
      const std::string key = each.substr(begin, each.find(": ", begin + 3) - begin);
      if (told.size() < 10'000 && told.find(key) == told.npos) told += each + "\n";
    }
    return told;
  }

  // Another command of the engine's may be under way, as nodes ask how it is.
  void let_bricks_tell(const std::string& how) {
    EXPECT_TRUE(eventually([&] {
      return lab()
          .ssh("cluster01", "sudo gluster volume set web features.cache-invalidation " + how)
          .ok();
    }));
  }

 private:
  Run judged(const History& history) {
    Run run{.reads = 0, .unanswered = unanswered_, .violations = {}};
    Lateness latest;
    int excused = 0;
    for (std::size_t node = 0; node < kNodes.size(); ++node) {
      const std::vector<Read> faults = faults_of_the_volume(history, witnessed_[node]);
      run.reads += static_cast<int>(reads_[node].size());
      for (const Read& each : reads_[node]) {
        std::string wrong = judge(history, each);
        if (wrong.empty())
          measure(history, each, latest);
        else if (excuses(faults, each, kNamePromise, load_->round))
          ++excused;
        else
          run.violations.push_back(std::move(wrong));
      }
    }
    const auto told = [&](std::int64_t promise) {
      return static_cast<double>(latest[promise]) / 1e6;
    };
    fmt::print(
        "{} reads, {} unanswered, {} violations, {} for which the volume itself is to blame; old "
        "content was seen for {:.0f} ms, old names for {:.0f} ms at the most\n",
        run.reads, run.unanswered, run.violations.size(), excused, told(kContentPromise),
        told(kNamePromise));
    return run;
  }

  lab::Place place() { return lab::Place::of(lab().name()).value(); }

  // Often, as a fault of the volume's may be over soon.
  void witness(std::size_t node, const std::string& writer) {
    lab::enter(place(), kNodes[node]).value();
    while (!over_)
      for (const std::string& name : load_->names) {
        const std::string key = writer + "/" + name;
        const std::int64_t begin = now();
        const Got got = get_from("127.0.0.1", kWitnessPort, "/" + folder_ + "/" + key);
        const std::int64_t end = now();
        std::this_thread::sleep_for(load_->seldom ? 8ms : 3ms);
        const bool answered = got.status == 200 || got.status == 404;
        const std::lock_guard lock(mutex_);
        witnessed_[node].push_back({.begin = begin,
                                    .end = end,
                                    .key = key,
                                    .state = answered ? state_of(got.status, got.body) : kUnread,
                                    .where = {}});
      }
  }

  void read(int node) {
    lab::enter(place(), load_->seldom ? kNodes[static_cast<std::size_t>(node)] : lab::kOperator)
        .value();
    const std::string address = load_->seldom ? "127.0.0.1" : fmt::format("10.89.0.{}", 11 + node);
    const std::uint16_t port = load_->seldom ? kForgetfulPort : 80;
    std::mt19937 random(static_cast<unsigned>(node));
    while (!over_) {
      const std::string key =
          kWriters[random() % kWriters.size()] + "/" + load_->names[random() % load_->names.size()];
      const bool aside = aside_ == node;
      const std::int64_t begin = now();
      const Got got = get_from(address, port, "/" + folder_ + "/" + key);
      const std::int64_t end = now();
      std::this_thread::sleep_for(3ms);
      const std::lock_guard lock(mutex_);
      if (got.status != 200 && got.status != 404 && got.status != 403)
        ++unanswered_;
      else if (!aside && aside_ != node)
        reads_[static_cast<std::size_t>(node)].push_back(
            {.begin = begin,
             .end = end,
             .key = key,
             .state = state_of(got.status, got.body),
             .where = fmt::format("{} at {:.1f} s:", kNodes[static_cast<std::size_t>(node)],
                                  static_cast<double>(begin - began_) / 1e9)});
    }
  }

  const std::int64_t began_ = now();
  const Load* load_ = nullptr;
  std::string folder_;
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::array<std::vector<Read>, 3> reads_;  // of each node
  std::array<std::vector<Read>, 3> witnessed_;
  int unanswered_ = 0;
};

TEST_F(CoherenceTest, NoReaderSeesAnOlderVersionThanPromised) {
  const std::chrono::seconds time(number_of("BRAMBLE_TEST_COHERENCE_SECONDS", 30));
  const Run result = run(often(), time, [&] {
    for (auto left = time; left >= 30s; left -= 30s) {
      std::this_thread::sleep_for(6s);
      end_and_start_a_brick();
      std::this_thread::sleep_for(6s);
      pull_a_cable("localhost");
    }
  });
  EXPECT_GT(result.reads, 1000);
  EXPECT_TRUE(result.violations.empty()) << first(result.violations);
}

// Most of what is read here is read from one brick.
TEST_F(CoherenceTest, NoReaderOfWhatIsNotKeptDoesEither) {
  const std::chrono::seconds time(number_of("BRAMBLE_TEST_COHERENCE_SECONDS", 30));
  const Run result = run(seldom(), 3600s, [&] {
    const auto began = std::chrono::steady_clock::now();
    for (bool odd = true; odd || std::chrono::steady_clock::now() < began + time - 30s;
         odd = !odd) {
      (void)let_bricks_be_read(200);
      keep_writers_from_a_brick(4s);
      (void)let_bricks_be_read(50);
      end_and_start_a_brick();
      (void)let_bricks_be_read(50);
      if (odd) {
        hang_a_brick("cluster03", 5s);
        continue;
      }
      hang_a_brick("cluster02", 12s);  // longer than clients wait for it
      (void)let_bricks_be_read(50);
      pull_a_cable("127.0.0.1:8091");
    }
  });
  EXPECT_GT(result.reads, 1000);
  fmt::print("{} files were read from one brick, {} of them on its disk\n", result.from_bricks,
             result.from_disk);
  EXPECT_GT(result.from_bricks, 300) << "else this shows nothing";
  EXPECT_TRUE(result.violations.empty()) << first(result.violations);
}

// The test's own test.
TEST_F(CoherenceTest, WithoutEventsItWouldBeNoticed) {
  let_bricks_tell("off");
  bool noticed = false;
  for (int i = 0; i < 5 && !noticed; ++i) noticed = !run(often(), 15s).violations.empty();
  let_bricks_tell("on");
  EXPECT_TRUE(noticed);
}

}  // namespace
}  // namespace bramble::test
