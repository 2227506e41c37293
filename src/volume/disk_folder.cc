// SPDX-License-Identifier: Apache-2.0
#include "volume/disk_folder.hh"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "base/text.hh"
#include "volume/file_system.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds kDoubt{100};      // before the question
constexpr milliseconds kSetBackMax{50};  // that need not be noticed: with a tick, less than that
constexpr milliseconds kMoment{1};

nanoseconds since_zero(const timespec& time) {
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// File systems that keep whole seconds round down.
nanoseconds latest(const timespec& date) {
  return date.tv_nsec == 0 ? seconds(date.tv_sec + 1) : since_zero(date);
}

Error changed(std::string_view what) { return errno_error(std::string(what), ESTALE); }

// An Error unless the folder is on such a file system and unchanged; gives its device.
Result<dev_t> device_of(const UniqueFd& folder, std::string_view what, const DiskTime& asked) {
  struct stat status = {};
  if (::fstat(folder.get(), &status) != 0) return errno_error(std::string(what));
  if (!asked.is_after(status.st_ctim)) return changed(what);
  return status.st_dev;
}

}  // namespace

DiskTime DiskTime::now() {
  DiskTime time;
  timespec after = {};
  do {
    ::clock_gettime(CLOCK_BOOTTIME, &time.running);
    ::clock_gettime(CLOCK_REALTIME_COARSE, &time.date);
    ::clock_gettime(CLOCK_BOOTTIME, &after);
  } while (since_zero(after) - since_zero(time.running) > kMoment);
  return time;
}

bool DiskTime::is_after(const timespec& change) const {
  return latest(change) < since_zero(date) - kDoubt;
}

bool DiskTime::still_tells(const DiskTime& later) const {
  const nanoseconds ran = since_zero(later.running) - since_zero(running);
  return since_zero(later.date) - since_zero(date) > ran - kSetBackMax;
}

Result<DiskFolder> DiskFolder::open(const std::string& brick, std::string_view path,
                                    const DiskTime& asked) {
  constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;
  UniqueFd here(::open(brick.c_str(), kFolder));
  if (!here) return errno_error(brick);
  if (!dated_by_the_kernel(here)) return errno_error(brick, EXDEV);
  const dev_t device = TRY(device_of(here, brick, asked));
  for (const std::string_view part : split(path, '/')) {
    if (part.empty()) continue;
    if (part == "." || part == "..") return errno_error(std::string(path), EINVAL);
    here = UniqueFd(::openat(here.get(), std::string(part).c_str(), kFolder | O_NOFOLLOW));
    if (!here) return errno_error(std::string(path));
    if (TRY(device_of(here, path, asked)) != device) return errno_error(std::string(path), EXDEV);
  }
  if (!asked.still_tells(DiskTime::now())) return changed(path);
  return DiskFolder(std::move(here), asked);
}

Result<std::string> DiskFolder::read(const std::string& name, const struct stat& listed) const {
  // It could be a pipe by now, which must not keep us waiting.
  const UniqueFd file(
      ::openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return errno_error(name);
  const auto as_it_was = [&] {
    struct stat status = {};
    return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_mode == listed.st_mode && status.st_uid == listed.st_uid &&
           status.st_gid == listed.st_gid && status.st_nlink == listed.st_nlink + 1 &&
           status.st_size == listed.st_size && asked_.is_after(status.st_ctim);
  };
  if (!as_it_was()) return changed(name);
  const auto size = static_cast<std::size_t>(listed.st_size);
  std::string bytes(size, '\0');
  for (std::size_t have = 0; have < size;) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, size - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(name);
    if (got == 0) return changed(name);
    have += static_cast<std::size_t>(got);
  }
  if (!as_it_was() || !asked_.still_tells(DiskTime::now())) return changed(name);
  return bytes;
}

}  // namespace bramble
