// SPDX-License-Identifier: Apache-2.0
// Changes files in a folder at random, in the ways that tools do it, and tells of each change when
// it is made. Runs on a host that has the volume mounted.
//
//     coherence_writer FOLDER KEY-PREFIX SEED SECONDS [seldom]     or until there is
//                                                                  /run/coherence_over
//
// Often: few files, of which each changes every second or two. Seldom: many, of which each changes
// every half a minute, most of them in a folder in which no name ever does.
//
// A body is whole lines "KEY VERSION\n" of 40 bytes, so that it tells its version and length, and
// bytes of two versions cannot pass for one. A line of output for each name whose state changed:
//
//     BEGIN END KIND KEY STATE        nanoseconds since 1970; KIND content or name; STATE
//                                     "VERSION:LINES", "-" where there is none, "denied" where
//                                     nobody but its owner may read it
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>

namespace {

namespace fs = std::filesystem;

constexpr int kFiles = 4;
// In a folder in which no name ever changes: only events tell of it.
constexpr const char* kSteady = "steady/page";
constexpr int kCalmFiles = 150;   // whose names stay
constexpr int kSeldomFiles = 12;  // whose names do not
constexpr int kOnePage = 100;     // lines: a write of so many is seen whole or not at all
constexpr int kManyPages = 6000;  // a file that is kept on disk

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct State {
  int version = 0;
  int lines = 0;
  bool denied = false;
  bool unsure = false;  // what was done last to it failed, perhaps half done: it is made anew
};

class Writer {
 public:
  Writer(std::string folder, std::string prefix, unsigned seed)
      : folder_(std::move(folder)), prefix_(std::move(prefix)), random_(seed) {
    fs::create_directories(path(""));
    fs::create_directories(path("releases"));
  }

  void begin_often() {
    fs::create_directories(path("steady"));
    create(kSteady);
  }

  void begin_seldom() {
    for (const char* const folder : {"calm", "seldom"}) fs::create_directories(path(folder));
    for (int i = 0; i < kCalmFiles; ++i) create(fmt::format("calm/page{}", i));
    for (int i = 0; i < kSeldomFiles; ++i) create(fmt::format("seldom/page{}", i));
  }

  void change_seldom() {
    const int kind = below(100);
    const std::string file = kind < 94 ? fmt::format("calm/page{}", below(kCalmFiles))
                                       : fmt::format("seldom/page{}", below(kSeldomFiles));
    const State was = states_[file];
    if (was.unsure)
      file.starts_with("calm/") ? rewrite(file) : replace(file, 1 + below(kOnePage));
    else if (was.denied)
      permit(file, was, true);
    else if (kind < 40 || (kind < 60 && was.lines == kOnePage))
      overwrite(file, was.lines);
    else if (kind < 60)
      overwrite(file, was.lines + 1);
    else if (kind < 74 && was.lines > 1)
      truncate(file, was);
    else if (kind < 94)
      permit(file, was, false);
    else if (kind < 96)
      replace(file, 1 + below(kOnePage));
    else if (kind < 98)
      was.lines > 0 ? remove(file) : create(file);
    else
      kind == 98 ? swap_folders() : switch_link();
  }

  void change_often() {
    const std::string file = fmt::format("file{}", below(kFiles));
    const State was = states_[file];
    const bool there = was.lines > 0, page = there && was.lines <= kOnePage;
    if (was.unsure) return replace(file, 1 + below(kOnePage));
    switch (below(8)) {
      case 0:
        overwrite(kSteady, states_[kSteady].lines);
        break;
      case 1:
        if (page) overwrite(file, was.lines);
        break;
      case 2:
        if (page && was.lines < kOnePage) overwrite(file, was.lines + 1);
        break;
      case 3:
        if (page && was.lines > 1) truncate(file, was);
        break;
      case 4:
        replace(file, below(4) == 0 ? kManyPages : 1 + below(kOnePage));
        break;
      case 5:
        there ? remove(file) : create(file);
        break;
      case 6:
        swap_folders();
        break;
      default:
        switch_link();
    }
  }

 private:
  int below(int limit) { return std::uniform_int_distribution(0, limit - 1)(random_); }
  std::string key(const std::string& name) const { return prefix_ + "/" + name; }
  std::string path(const std::string& name) const { return folder_ + "/" + key(name); }

  std::string body(const std::string& name, const State& state) const {
    const std::string line = fmt::format("{:<28} {:010}\n", key(name), state.version);
    std::string all;
    for (int i = 0; i < state.lines; ++i) all += line;
    return all;
  }

  void write(const std::string& to, int flags, const std::string& bytes) {
    const int file = ::open(to.c_str(), O_WRONLY | flags, 0644);
    if (file < 0 ||
        ::pwrite(file, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      broken_ = true;
    if (file >= 0) ::close(file);
  }

  void begin() {
    begin_ = now();
    broken_ = false;
  }
  void tell(const char* kind, const std::string& name, const State& state) {
    states_[name] = state;
    states_[name].unsure = broken_;
    if (state.denied && !broken_)
      fmt::print("{} {} {} {} denied\n", begin_, now(), kind, key(name));
    else if (state.lines > 0 && !broken_)
      fmt::print("{} {} {} {} {}:{}\n", begin_, now(), kind, key(name), state.version, state.lines);
    else if (!broken_)
      fmt::print("{} {} {} {} -\n", begin_, now(), kind, key(name));
    else  // it may or may not have come about
      fmt::print("{} {} unknown {} ?\n", begin_, now(), key(name));
    std::fflush(stdout);
  }

  void overwrite(const std::string& name, int lines) {
    const State state{.version = ++version_, .lines = lines};
    begin();
    write(path(name), 0, body(name, state));
    tell("content", name, state);
  }

  void rewrite(const std::string& name) {
    const State state{.version = ++version_, .lines = 1 + below(kOnePage)};
    begin();
    write(path(name), O_TRUNC, body(name, state));
    if (::chmod(path(name).c_str(), 0644) != 0) broken_ = true;
    tell("content", name, state);
  }

  void truncate(const std::string& name, State state) {
    state.lines /= 2;
    begin();
    const std::string bytes = body(name, state);
    if (::truncate(path(name).c_str(), static_cast<off_t>(bytes.size())) != 0) broken_ = true;
    tell("content", name, state);
  }

  void permit(const std::string& name, State state, bool all) {
    state.denied = !all;
    begin();
    if (::chmod(path(name).c_str(), all ? 0644 : 0600) != 0) broken_ = true;
    tell("content", name, state);
  }

  void replace(const std::string& name, int lines) {
    const State state{.version = ++version_, .lines = lines};
    begin();
    write(path(".next"), O_CREAT | O_TRUNC, body(name, state));
    if (::rename(path(".next").c_str(), path(name).c_str()) != 0) broken_ = true;
    tell("name", name, state);
  }

  void create(const std::string& name) {
    const State state{.version = ++version_, .lines = 1 + below(kOnePage)};
    begin();
    write(path(name), O_CREAT | O_EXCL, body(name, state));
    tell("name", name, state);
  }

  void remove(const std::string& name) {
    begin();
    if (::unlink(path(name).c_str()) != 0) broken_ = true;
    tell("name", name, {});
  }

  State fill(const std::string& folder, const std::string& name) {
    const State state{.version = ++version_, .lines = 1 + below(kOnePage)};
    std::error_code fault;
    fs::create_directories(path(folder), fault);
    if (fault) broken_ = true;
    write(path(folder + "/page"), O_CREAT | O_TRUNC, body(name, state));
    return state;
  }

  void swap_folders() {
    begin();
    const State state = fill("next", "live/page");
    (void)::rename(path("live").c_str(), path("before").c_str());
    if (::rename(path("next").c_str(), path("live").c_str()) != 0) broken_ = true;
    tell("name", "live/page", state);
    std::error_code ignored;
    fs::remove_all(path("before"), ignored);
  }

  void switch_link() {
    begin();
    const std::string release = fmt::format("releases/{}", ++releases_);
    const State state = fill(release, "current/page");
    if (::symlink(release.c_str(), path(".link").c_str()) != 0 ||
        ::rename(path(".link").c_str(), path("current").c_str()) != 0)
      broken_ = true;
    tell("name", "current/page", state);
    std::error_code ignored;
    fs::remove_all(path(fmt::format("releases/{}", releases_ - 1)), ignored);
  }

  const std::string folder_, prefix_;
  std::mt19937 random_;
  std::map<std::string, State> states_;
  int version_ = 0, releases_ = 0;
  std::int64_t begin_ = 0;
  bool broken_ = false;
};

}  // namespace

int main(int count, char** words) {
  if (count != 5 && count != 6) return 2;
  const bool seldom = count == 6;
  Writer writer(words[1], words[2], static_cast<unsigned>(std::atoi(words[3])));
  std::mt19937 pause(1);
  const std::int64_t end = now() + std::atoll(words[4]) * 1'000'000'000;
  seldom ? writer.begin_seldom() : writer.begin_often();
  while (now() < end && !fs::exists("/run/coherence_over")) {
    seldom ? writer.change_seldom() : writer.change_often();
    std::this_thread::sleep_for(std::chrono::milliseconds(pause() % (seldom ? 300 : 200)));
  }
}
