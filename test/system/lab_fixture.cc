// SPDX-License-Identifier: Apache-2.0
#include "system/lab_fixture.hh"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/clock.hh"
#include "base/file.hh"
#include "base/text.hh"

namespace bramble::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Takes the lab down when the program ends.
class Removal final : public ::testing::Environment {
 public:
  explicit Removal(const Lab& lab) : lab_(lab) {}
  void TearDown() override {
    if (std::getenv("BRAMBLE_TEST_KEEP_LAB") == nullptr) lab_.lab_ok({"down"});
  }

 private:
  const Lab& lab_;
};

std::string words_of(const Outcome& outcome) { return outcome.out + outcome.err; }

Outcome run_to_end(std::vector<std::string> argv) {
  Result<Outcome> outcome = run(Command{.argv = std::move(argv), .timeout = 900s});
  if (!outcome.ok()) return Outcome{.status = -1, .out = "", .err = outcome.error().what};
  return std::move(*outcome);
}

void note_lines(const std::string& text, const std::string& what, const std::string& wanted,
                std::vector<std::string>& into) {
  for (const std::string_view line : lines(text))
    if (line.find(wanted) != std::string_view::npos) into.push_back(what + std::string(line));
}

// A process that was killed and that only its new parent, the machine's init, has yet to notice.
bool dead(const fs::path& process) {
  const Result<std::string> status = read_file(process / "status");
  return !status.ok() || status->find("State:\tZ") != std::string::npos;
}

void note_processes(const Lab& lab, std::vector<std::string>& into) {
  const std::string own = std::to_string(::getpid());
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", none)) {
    const std::string pid = entry.path().filename();
    if (!parse_number(pid) || pid == own || dead(entry.path())) continue;
    const Result<std::string> group = read_file(entry.path() / "cgroup");
    const Result<std::string> arguments = read_file(entry.path() / "cmdline");
    const bool grouped = group.ok() && group->find("/" + lab.name() + "/") != std::string::npos &&
                         group->find("bramble-lab") != std::string::npos;
    const bool named = arguments.ok() && arguments->find(lab.folder() + "/") != std::string::npos;
    if (grouped || named)
      into.push_back("process " + pid + ' ' + (arguments.ok() ? *arguments : ""));
  }
}

void note_folders(const Lab& lab, std::vector<std::string>& into) {
  std::error_code none;
  for (const std::string& path : {lab.folder(), "/run/lock/bramble-lab-" + lab.name()})
    if (fs::exists(path, none)) into.push_back(path);
  for (const char* folder : {"/run/netns", "/run/systemd/nspawn/propagate"})
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, none))
      if (entry.path().filename().string().starts_with("bramble-" + lab.name() + "-"))
        into.push_back(entry.path());
  fs::recursive_directory_iterator groups("/sys/fs/cgroup", none);
  for (const fs::directory_entry& entry : groups) {
    const std::string path = entry.path();
    if (path.ends_with("/bramble-lab/" + lab.name()) ||
        path.find("/bramble-" + lab.name() + "-") != std::string::npos)
      into.push_back(path);
    if (entry.is_directory(none) && groups.depth() > 2) groups.disable_recursion_pending();
  }
}

}  // namespace

std::string Lab::default_name() {
  const char* name = std::getenv("BRAMBLE_TEST_LAB");
  return name == nullptr ? "test" : name;
}

Lab& Lab::booted() {
  static const std::unique_ptr<Lab> lab = [] {
    auto fresh = std::make_unique<Lab>(default_name());
    if (std::getenv("BRAMBLE_TEST_REUSE_LAB") != nullptr) return fresh;
    ::testing::AddGlobalTestEnvironment(new Removal(*fresh));
    fresh->lab({"down"});
    if (const Outcome up = fresh->lab({"up"}); !up.ok()) {
      (void)std::fprintf(stderr, "the lab does not boot: %s\n", words_of(up).c_str());
      std::exit(1);
    }
    return fresh;
  }();
  return *lab;
}

Outcome Lab::lab(std::vector<std::string> words) const {
  words.insert(words.begin(), {program(), "lab", "--name", name_});
  return run_to_end(std::move(words));
}

std::string Lab::lab_ok(std::vector<std::string> words) const {
  const std::string told = join(words, " ");
  const Outcome outcome = lab(std::move(words));
  EXPECT_TRUE(outcome.ok()) << "bramble lab " << told << ": " << words_of(outcome);
  return outcome.out;
}

Outcome Lab::ssh(const std::string& host, const std::string& command) const {
  return run_to_end({"ssh", "-F", ssh_config(), "-o", "ConnectTimeout=10", host, command});
}

std::string Lab::ssh_ok(const std::string& host, const std::string& command) const {
  const Outcome outcome = ssh(host, command);
  EXPECT_TRUE(outcome.ok()) << host << ": " << command << ": " << words_of(outcome);
  return outcome.out;
}

std::string Lab::url(const std::string& door) const {
  const std::string told = lab_ok({"status"});
  for (const std::string_view line : lines(told))
    if (const auto word = words(line); word.size() == 2 && word[0] == door)
      return std::string(word[1].substr(0, word[1].rfind('/') + 1));  // without its page
  ADD_FAILURE() << "no " << door << " in: " << told;
  return "";
}

std::vector<std::string> Lab::traces() const {
  std::vector<std::string> found;
  note_lines(read_file("/proc/self/mountinfo").value(), "mount ", folder() + "/", found);
  note_lines(run_to_end({"losetup", "--list", "--noheadings"}).out, "loop ", folder() + "/", found);
  note_processes(*this, found);
  note_folders(*this, found);
  return found;
}

const std::vector<std::string>& all_hosts() {
  static const std::vector<std::string> hosts = {"cluster01", "cluster02", "cluster03",
                                                 "client",    "cluster04", "front"};
  return hosts;
}

const char* program() { return BRAMBLE_PROGRAM; }

bool eventually(const std::function<bool()>& is_so, std::chrono::seconds within,
                std::chrono::milliseconds each) {
  const Monotonic deadline = SystemClock().now() + within;
  while (!is_so()) {
    if (SystemClock().now() > deadline) return false;
    ::poll(nullptr, 0, static_cast<int>(each.count()));
  }
  return true;
}

void LabTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "a lab needs root";
}

}  // namespace bramble::test
