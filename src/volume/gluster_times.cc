// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_times.hh"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "volume/gluster_session.hh"

namespace bramble {
namespace {

using std::chrono::nanoseconds;

nanoseconds since_1970(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

timespec to_timespec(nanoseconds since_1970) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
  return {.tv_sec = seconds.count(), .tv_nsec = (since_1970 - seconds).count()};
}

bool differ_in_more(const struct stat& one, const struct stat& other) {
  return one.st_size != other.st_size || !same(one.st_ctim, other.st_ctim);
}

bool is_gone(int code) { return code == ENOENT || code == ESTALE; }

}  // namespace

GlusterTimes::GlusterTimes(GlusterAddress address, std::string host, std::string folder,
                           const GlusterLibrary* library)
    : address_(std::move(address)),
      host_(std::move(host)),
      folder_(std::move(folder)),
      library_(library) {}

GlusterTimes::~GlusterTimes() = default;

// What was connected stays so (see GlusterSession), and is gone on from at the next try.
Result<void> GlusterTimes::connect() {
  if (library_ == nullptr) library_ = TRY(load_gluster_library());
  if (volume_ == nullptr) volume_ = TRY(GlusterSession::connect(*library_, address_));
  if (std::string now = volume_->volfile(); now != volfile_) {
    std::vector<BrickVolfile> of_now = TRY(copy_volfiles(now, host_, folder_));
    if (of_now != volfiles_) bricks_.clear();
    volfiles_ = std::move(of_now);
    volfile_ = std::move(now);
  }
  if (volfiles_.empty()) return errno_error("the volume changes", ENOTCONN);
  for (std::size_t i = bricks_.size(); i < volfiles_.size(); ++i)
    bricks_.push_back(TRY(GlusterSession::connect(*library_, volfiles_[i])));
  const auto is_here = [this](const BrickVolfile& brick) {
    return brick.host == host_ && brick.path == folder_;
  };
  here_ = static_cast<std::size_t>(std::ranges::find_if(volfiles_, is_here) - volfiles_.begin());
  return {};
}

Result<GlusterTimes::Found> GlusterTimes::mend(const Gfid& id, WallTime changed_since) {
  if (!TRY(ask(id, changed_since))) return Found::kAlike;
  const auto time_of = [](const struct stat& each) { return since_1970(each.st_mtim); };
  const auto [oldest, newest] = std::ranges::minmax(told_, {}, time_of);
  if (same(oldest.st_mtim, newest.st_mtim)) return Found::kAlike;
  for (const struct stat& each : told_)
    if (differ_in_more(each, newest)) return Found::kChanging;
  return set_later_than(id, newest);
}

// False: there is nothing to compare. The brick here is asked first, which costs least.
Result<bool> GlusterTimes::ask(const Gfid& id, WallTime changed_since) {
  told_.clear();
  for (std::size_t i = 0; i < bricks_.size(); ++i) {
    struct stat& status = told_.emplace_back();
    if (!bricks_[(here_ + i) % bricks_.size()]->look_up(id, &status)) {
      if (is_gone(errno)) return false;
      return errno_error("look up a file on a brick");
    }
    if (!S_ISREG(status.st_mode) || since_1970(status.st_ctim) < changed_since.time_since_epoch())
      return false;
  }
  return !told_.empty();
}

Result<GlusterTimes::Found> GlusterTimes::set_later_than(const Gfid& id,
                                                         const struct stat& newest) {
  struct stat status = {};
  const GlusterHandle file = volume_->look_up(id, &status);
  if (!file && !is_gone(errno)) return errno_error("look up a file");
  if (!file) return Found::kAlike;
  if (differ_in_more(status, newest)) return Found::kChanging;
  const std::chrono::milliseconds later(here_ + 1);
  status.st_mtim = to_timespec(since_1970(newest.st_mtim) + later);
  if (library_->set_attributes(volume_->volume(), file.get(), &status, GFAPI_SET_ATTR_MTIME) == 0)
    return Found::kMended;
  if (is_gone(errno)) return Found::kAlike;
  return errno_error("set a file's time");
}

}  // namespace bramble
