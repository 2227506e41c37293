// SPDX-License-Identifier: Apache-2.0
// Somebody changes the volume, as chance will have it, also between any two calls of gfapi that one
// answer takes. Each answer is held against the model.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "volume/gluster_cache_bricks_fixture.hh"
#include "volume/gluster_cache_model.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;

// Of two hundred, those that see most of what was put wrong in the cache on purpose.
constexpr unsigned kFirstSeed = 97, kSeeds = 13;
constexpr int kSteps = 1'000;
constexpr milliseconds kNamesTrust{1'000};
constexpr int kChangesMax = 3;              // that come between the calls of one answer
constexpr std::array kCalm = {5, 20, 100};  // one of so many calls sees a change before it
constexpr std::size_t kHistory = 40;

constexpr std::size_t kSmall = 40, kWhole = 1'000, kInPieces = 200'000;  // bytes, as they are read
constexpr std::size_t kReadMost = 80'000;
constexpr std::array<std::uint64_t, 3> kMemory = {64 << 20, 100'000, 1'000};

const std::string kBroken = "broken";  // before its end: nobody takes it for whole
const std::string kByLink = "current/page";

class GlusterCacheModelTest : public GlusterCacheBricksTest,
                              public testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    GlusterCacheBricksTest::SetUp();
    begin({.memory_bytes = kMemory[GetParam() % kMemory.size()],
           .file_bytes_max = kSmall + kDigits,
           .listing_patience = milliseconds(0)});
    calm_ = any_of(kCalm);
    for (const std::string folder : {"a/", "b/c/"}) {
      for (const char* name : {"1", "2", "3", "4"}) sizes_[folder + name] = kSmall;
      sizes_[folder + "whole"] = kWhole;
      sizes_[folder + "pieces"] = kInPieces;
    }
    for (const auto& [path, size] : sizes_) paths_.push_back(path), put(path, true);
    switch_link();
    gluster_.on_lookup = [this](const std::string&) { come_between(calm_); };
    gluster_.on_stat = gluster_.on_read = [this] { come_between(calm_); };
    gluster_.on_list = [this](int) { come_between(2); };
  }

  void step() {
    const std::string path = pick(3) == 0 ? kByLink : any_file();
    const int what = pick(16);
    if (what == 0) change();
    if (what == 1 || what == 2) pass(milliseconds(pick(pick(3) == 0 ? 1'500 : 150)));
    if (what == 3) miss();
    if (what == 4) break_off(path);
    if (what > 4) judge("open", path, &GlusterCache::open);
    if (what > 4) judge("at hand", path, &GlusterCache::open_at_hand);
    ask([this] { cache_->list_folders(milliseconds(0)); });  // what the misses made wanted
  }

  std::string history() const {
    std::string text = "\nthe last of it:";
    for (const std::string& each : history_) text += "\n  " + each;
    return text;
  }

 private:
  using Change = void (GlusterCacheModelTest::*)();
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  template <typename Each>
  const typename Each::value_type& any_of(const Each& all) {
    return all[random_() % all.size()];
  }
  const std::string& any_file() { return any_of(paths_); }
  void say(const std::string& what) {
    history_.push_back((between_ ? "  between: " : "") + what);
    if (history_.size() > kHistory) history_.pop_front();
  }

  void judge(const std::string& how, const std::string& path,
             Result<std::unique_ptr<VolumeFile>> (GlusterCache::*way)(std::string_view)) {
    std::string answer;
    say(how + " " + path);
    ask([&] { answer = read(((*cache_).*way)(path)); });
    say("  " + answer);
    const Truth& truth = truths_[path];
    const bool at_hand = way == &GlusterCache::open_at_hand;
    if (at_hand && answer == "EAGAIN") return;
    if (answer == kBroken && (changes_left_ < kChangesMax || !truth.settled(clock_.now()))) return;
    EXPECT_TRUE(truth.allows(answer, clock_.now())) << "where " << truth.now << " is" << history();
  }

  static std::string read(const Result<std::unique_ptr<VolumeFile>>& opened) {
    if (!opened.ok()) return opened.error().code == ESTALE ? kBroken : text(opened);
    VolumeFile& file = **opened;
    std::string all(file.status().size, '\0');
    for (std::size_t have = 0; have < all.size();) {
      const auto n =
          file.read(have, std::span(all).subspan(have, std::min(kReadMost, all.size() - have)));
      if (!n.ok() && n.error().code == EAGAIN) return "EAGAIN";
      if (!n.ok() || *n == 0) return kBroken;
      have += *n;
    }
    const Result<bool> same = file.unchanged();
    return same.ok() && *same ? what_is(all, file.status().modified) : kBroken;
  }

  void ask(const std::function<void()>& asking) {
    for (auto& [path, truth] : truths_) truth.during.clear();
    changes_left_ = kChangesMax;
    asked_ = true;
    asking();
    asked_ = false;
    for (const auto& [path, brick] : std::exchange(missed_, {}))
      if (is_there(path) && gluster_.at(path).on_brick[brick]) note(path, brick);
  }

  void come_between(int calm) {
    const bool more = changes_left_ < kChangesMax;  // one seldom comes alone
    if (!asked_ || between_ || changes_left_ == 0 || (!more && pick(calm) != 0)) return;
    --changes_left_;
    between_ = true;
    change();
    between_ = false;
  }

  void pass(milliseconds time) {
    say("wait " + std::to_string(time.count()));
    wait(time);
    if (pick(3) == 0) ask([this] { cache_->verify_folders(); });
  }
  void miss() {
    const std::string folder = pick(2) == 0 ? "a/" : "b/c/";
    say("miss in " + folder);
    for (int i = 0; i < 5; ++i) (void)cache_->open(folder + "none" + std::to_string(++misses_));
  }
  // What was read of it stays in the local copy, if there is one.
  void break_off(const std::string& path) {
    say("break off " + path);
    ask([&] {
      const auto opened = cache_->open(path);
      std::string piece(2 * kReadMost, '\0');
      if (opened.ok()) (void)(*opened)->read(0, piece);
    });
  }

  // Often what was done just before is done once more.
  void change() {
    using Self = GlusterCacheModelTest;
    static constexpr std::array<Change, 9> kOften = {
        &Self::write,  &Self::write_late, &Self::touch,       &Self::heal,         &Self::replace,
        &Self::remove, &Self::rename,     &Self::switch_link, &Self::clear_release};
    static constexpr std::array<Change, 4> kSeldom = {&Self::write_unheard, &Self::replace_unheard,
                                                      &Self::swap_folder,
                                                      &Self::lose_or_find_a_brick};
    if (pick(4) == 0) change_ = pick(8) == 0 ? any_of(kSeldom) : any_of(kOften);
    (this->*change_)();
  }

  std::string next_content(std::size_t size) {
    const std::string digits = std::to_string(++versions_);
    const std::string version = std::string(kDigits - digits.size(), '0') + digits;
    std::string content;
    while (content.size() < size) content += version;
    return content;
  }
  // Of two sizes, so that some are cut, or grow.
  std::string next_content(const std::string& path) {
    return next_content(sizes_[path] + (pick(2) == 0 ? kDigits : 0));
  }
  bool is_there(const std::string& path) { return truths_[path].now != kNone; }
  void became(const std::string& path, std::string now, bool by_name = false) {
    Truth& truth = truths_[path];
    if (by_name) truth.before[truth.now] = clock_.now() + kNamesTrust;
    if (asked_) truth.during.insert({truth.now, now});
    truth.now = std::move(now);
  }
  void changed(const std::string& path, bool by_name = false) {
    const FakeNode& node = gluster_.at(path);
    became(path, what_is(node.content, node.modified), by_name);
  }

  // A file that is there, as all bricks have it.
  const std::string* any_whole(const char* what) {
    const std::string& path = any_file();
    if (!is_there(path)) return nullptr;
    say(what + (" " + path));
    heal(path);
    return &path;
  }
  std::optional<std::size_t> any_missed() {
    return away_ || pick(2) != 0 ? away_ : std::optional(random_() % kBricks);
  }
  void write() {
    const std::string* const path = any_whole("write");
    if (path == nullptr) return;
    if (const auto missed = any_missed()) {
      note(*path, *missed);
      gluster_.write_without(*missed, *path, next_content(*path));
    } else {
      gluster_.write(*path, next_content(*path));
    }
    changed(*path);
  }
  // Attributes alone; who missed it is noted of afterwards.
  void touch() {
    const std::string* const path = any_whole("touch");
    if (path == nullptr) return;
    const std::size_t missed = away_.value_or(random_() % kBricks);
    gluster_.chmod_without(missed, *path, 0644);
    missed_.emplace_back(*path, missed);
    changed(*path);
  }
  // By a clock that is behind: time and size stay. Not while it is read in pieces: see
  // docs/decisions.
  const std::string* write_by_another_clock(const char* what) {
    const std::string* const path = any_whole(what);
    if (path == nullptr || (sizes_[*path] == kInPieces && between_)) return nullptr;
    std::string& content = gluster_.at(*path).content;
    content = next_content(content.size());
    changed(*path);
    return path;
  }
  void write_late() {
    if (const auto* const path = write_by_another_clock("write late")) gluster_.send_event(*path);
  }
  void write_unheard() {
    if (write_by_another_clock("write unheard") != nullptr) cache_->links_seen(false);
  }

  void note(const std::string& path, std::size_t missed) {
    for (std::size_t brick = 0; brick < kBricks; ++brick)
      if (brick != missed) gluster_.mark(*gluster_.to_heal[brick], path);
  }
  void heal(const std::string& path) {
    for (auto& copy : gluster_.at(path).on_brick) copy.reset();
    for (const auto& index : gluster_.to_heal) index->names.erase(to_string(gluster_.gfid(path)));
  }
  // The times may be right before the content is.
  void heal() {
    const std::string& path = any_file();
    if (!is_there(path)) return;
    FakeNode& node = gluster_.at(path);
    for (std::size_t brick = 0; brick < kBricks; ++brick) {
      auto& copy = node.on_brick[brick];
      if (!copy || away_ == brick) continue;
      say("heal " + path);
      if (same(copy->modified, node.modified)) return heal(path);
      copy->content.resize(node.content.size(), '.');
      copy->modified = node.modified;
    }
  }

  void replace() {
    const std::string& path = any_file();
    say("replace " + path);
    put(path, true);
  }
  void put(const std::string& path, bool by_name) {
    gluster_.file("new", next_content(path));
    gluster_.rename("new", path);
    changed(path, by_name);
  }
  // By a clock that is behind, so that the folder's time stays.
  void replace_unheard() {
    const std::string& path = any_file();
    say("replace unheard " + path);
    FakeNode& folder = gluster_.at(path.substr(0, path.rfind('/')));
    const timespec modified = folder.modified;
    put(path, false);
    folder.modified = modified;
    cache_->links_seen(false);
  }
  void remove() {
    const std::string& path = any_file();
    if (!is_there(path)) return;
    say("remove " + path);
    gluster_.remove(path);
    became(path, kNone, true);
  }
  void rename() {
    const std::string &from = any_file(), &to = any_file();
    if (from == to || !is_there(from) || sizes_[from] != sizes_[to]) return;
    say("rename " + from + " to " + to);
    gluster_.rename(from, to);
    changed(to, true);
    became(from, kNone, true);
  }
  void swap_folder() {
    say("swap a");
    gluster_.folder("next");
    for (const std::string& path : paths_)
      if (path.starts_with("a/") && pick(4) != 0)
        gluster_.file("next" + path.substr(1), next_content(path));
    const auto next = gluster_.at("next").names;
    gluster_.rename("next", "a");
    for (const std::string& path : paths_) {
      if (!path.starts_with("a/")) continue;
      if (next.contains(path.substr(2)))
        changed(path, true);
      else
        became(path, kNone, true);
    }
  }

  // What it leads to is there at every moment, and may go where it led before.
  static std::string release(int number) { return "release" + std::to_string(number); }
  void switch_link() {
    say("switch the link");
    const std::string page = release(++release_) + "/page";
    gluster_.file(page, next_content(kSmall));
    gluster_.remove("current");
    gluster_.link("current", release(release_));
    became(kByLink, what_is(gluster_.at(page).content, gluster_.at(page).modified), true);
    change_ = &GlusterCacheModelTest::clear_release;
  }
  void clear_release() {
    say("clear the release before");
    if (pick(4) == 0) gluster_.remove(release(release_ - 1) + "/page");
    gluster_.send_event(release(release_ - 1));
  }

  void lose_or_find_a_brick() {
    const std::size_t brick = away_.value_or(random_() % kBricks);
    say((away_ ? "find brick " : "lose brick ") + std::to_string(brick));
    gluster_.at(link_of(std::to_string(brick))).content =
        away_ ? "connected = 1\nmsgs_sent = 1\n" : "connected = 0\n";
    away_ = away_ ? std::nullopt : std::optional(brick);
    (void)cache_->look_at_bricks();
    cache_->links_seen(false);
  }

  std::mt19937 random_{GetParam()};
  std::map<std::string, std::size_t> sizes_;
  std::vector<std::string> paths_;
  std::map<std::string, Truth> truths_;
  std::deque<std::string> history_;
  std::optional<std::size_t> away_;
  std::vector<std::pair<std::string, std::size_t>> missed_;  // by a brick, and not noted yet
  Change change_ = &GlusterCacheModelTest::write;
  int calm_ = 0, misses_ = 0, versions_ = 0, release_ = 0, changes_left_ = 0;
  bool asked_ = false, between_ = false;
};

TEST_P(GlusterCacheModelTest, EachAnswerIsWhatTheModelAllows) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  for (int i = 0; i < kSteps && !HasFailure(); ++i) step();
}

INSTANTIATE_TEST_SUITE_P(Seeds, GlusterCacheModelTest,
                         testing::Range(kFirstSeed, kFirstSeed + kSeeds));

}  // namespace
}  // namespace bramble
