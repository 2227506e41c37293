// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_times.hh"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "volume/gluster_bricks.hh"
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

GlusterTimes::GlusterTimes(GlusterAddress address, const GlusterLibrary* library)
    : address_(std::move(address)), library_(library) {}

GlusterTimes::~GlusterTimes() = default;

Result<void> GlusterTimes::connect() {
  if (library_ == nullptr) library_ = TRY(load_gluster_library());
  if (volume_ == nullptr) volume_ = TRY(GlusterSession::connect(*library_, address_));
  if (bricks_ == nullptr || !bricks_->are_those_of(*volume_))
    bricks_ = TRY(GlusterBricks::of(*volume_));
  return bricks_->connect();
}

Result<GlusterTimes::Found> GlusterTimes::mend(const Gfid& id, WallTime changed_since) {
  TRY(connect());
  std::array<struct stat, kBricks> told{};
  for (std::size_t i = 0; i < kBricks; ++i) {
    const std::size_t brick = (bricks_->nearest() + i) % kBricks;
    struct stat& status = told[brick];
    if (!(*bricks_)[brick].look_up(id, &status))
      return is_gone(errno) ? Result(Found::kAlike) : errno_error("look up a file on a brick");
    if (!S_ISREG(status.st_mode) || since_1970(status.st_ctim) < changed_since.time_since_epoch())
      return Found::kAlike;
  }
  const auto time_of = [](const struct stat& each) { return since_1970(each.st_mtim); };
  const auto [oldest, newest] = std::ranges::minmax(told, {}, time_of);
  if (same(oldest.st_mtim, newest.st_mtim)) return Found::kAlike;
  for (const struct stat& each : told)
    if (each.st_size != newest.st_size || !same(each.st_ctim, newest.st_ctim))
      return Found::kChanging;
  struct stat status = {};
  const GlusterHandle file = volume_->look_up(id, &status);
  if (!file) return is_gone(errno) ? Result(Found::kAlike) : errno_error("look up a file");
  status.st_mtim = to_timespec(time_of(newest) + kAfterNewest);
  if (library_->set_attributes(volume_->volume(), file.get(), &status, GFAPI_SET_ATTR_MTIME) != 0)
    return errno_error("set a file's time");
  return Found::kMended;
}

}  // namespace bramble
