// SPDX-License-Identifier: Apache-2.0
#include "base/glob.hh"

#include <cstddef>

namespace bramble {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Goes along both texts; where they part, the last star takes one byte more, or the last double
// star does. An earlier star need never be asked again: whatever it could give, the later one can.
class Matcher {
 public:
  Matcher(std::string_view glob, std::string_view path) : glob_(glob), path_(path) {}

  bool run() {
    while (p_ < path_.size())
      if (!take_star() && !take_byte() && !star_.take_more(*this) && !deep_.take_more(*this))
        return false;
    while (take_star()) {
    }
    return g_ == glob_.size();
  }

 private:
  struct Star {
    std::size_t behind = kNone;  // in the glob; kNone: there was no such star
    std::size_t taken = 0;       // in the path: up to here
    enum class Kind { kBytes, kAnything, kFolders } kind = Kind::kBytes;

    bool take_more(Matcher& m) {
      if (behind == kNone) return false;
      if (kind == Kind::kBytes && m.path_[taken] == '/') return false;
      if (kind == Kind::kFolders) {
        taken = m.path_.find('/', taken);
        if (taken == kNone) return false;
      }
      m.p_ = ++taken;
      m.g_ = behind;
      if (kind != Kind::kBytes) m.star_.behind = kNone;
      return true;
    }
  };

  bool take_star() {
    if (glob_.substr(g_, 1) != "*") return false;
    if (glob_.substr(g_, 2) != "**") {
      star_ = {.behind = ++g_, .taken = p_, .kind = Star::Kind::kBytes};
      return true;
    }
    const bool folders = g_ > 0 && glob_[g_ - 1] == '/' && glob_.substr(g_ + 2, 1) == "/";
    g_ += folders ? 3 : 2;
    deep_ = {
        .behind = g_, .taken = p_, .kind = folders ? Star::Kind::kFolders : Star::Kind::kAnything};
    star_.behind = kNone;
    return true;
  }

  bool take_byte() {
    if (g_ == glob_.size()) return false;
    const bool same = glob_[g_] == path_[p_] || (glob_[g_] == '?' && path_[p_] != '/');
    if (!same) return false;
    ++g_;
    ++p_;
    return true;
  }

  const std::string_view glob_;
  const std::string_view path_;
  std::size_t g_ = 0;
  std::size_t p_ = 0;
  Star star_;
  Star deep_;
};

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  if (glob == "**") return true;
  if (glob.find('/') == kNone) path = path.substr(path.rfind('/') + 1);
  return Matcher(glob, path).run();
}

}  // namespace bramble
