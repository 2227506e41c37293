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
    const auto is_here = [this](const BrickVolfile& brick) {
      return brick.host == host_ && brick.path == folder_;
    };
    std::ranges::partition(of_now, is_here);
    if (of_now != volfiles_) bricks_.clear();
    volfiles_ = std::move(of_now);
    volfile_ = std::move(now);
  }
  for (std::size_t i = bricks_.size(); i < volfiles_.size(); ++i)
    bricks_.push_back(TRY(GlusterSession::connect(*library_, volfiles_[i])));
  return {};
}

Result<GlusterTimes::Found> GlusterTimes::mend(const Gfid& id, WallTime changed_since) {
  TRY(connect());
  if (!TRY(ask(id, changed_since))) return Found::kAlike;
  const auto time_of = [](const struct stat& each) { return since_1970(each.st_mtim); };
  const auto [oldest, newest] = std::ranges::minmax(told_, {}, time_of);
  if (same(oldest.st_mtim, newest.st_mtim)) return Found::kAlike;
  for (const struct stat& each : told_)
    if (each.st_size != newest.st_size || !same(each.st_ctim, newest.st_ctim))
      return Found::kChanging;
  return set(id, to_timespec(time_of(newest) + kAfterNewest));
}

// False: there is nothing to compare.
Result<bool> GlusterTimes::ask(const Gfid& id, WallTime changed_since) {
  told_.clear();
  for (const std::shared_ptr<GlusterSession>& brick : bricks_) {
    struct stat& status = told_.emplace_back();
    if (!brick->look_up(id, &status))
      return is_gone(errno) ? Result(false) : errno_error("look up a file on a brick");
    if (!S_ISREG(status.st_mode) || since_1970(status.st_ctim) < changed_since.time_since_epoch())
      return false;
  }
  return true;
}

Result<GlusterTimes::Found> GlusterTimes::set(const Gfid& id, const timespec& time) {
  struct stat status = {};
  const GlusterHandle file = volume_->look_up(id, &status);
  if (!file) return is_gone(errno) ? Result(Found::kAlike) : errno_error("look up a file");
  status.st_mtim = time;
  if (library_->set_attributes(volume_->volume(), file.get(), &status, GFAPI_SET_ATTR_MTIME) != 0)
    return errno_error("set a file's time");
  return Found::kMended;
}

}  // namespace bramble
