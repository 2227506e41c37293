// SPDX-License-Identifier: Apache-2.0
#include "volume/folder_volume.hh"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <limits>

namespace bramble {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

UniqueFd open_beneath(int root, const std::string& path) {
  open_how how{};
  // O_NONBLOCK: opening a FIFO that nobody writes to would hang.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  constexpr int kTries = 8;  // EAGAIN: a rename somewhere made the kernel unsure of a ".."
  long fd = -1;
  for (int i = 0; i < kTries; ++i) {
    fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return UniqueFd(static_cast<int>(fd));
}

// What Volume::open promises, for what the kernel says of a name.
int told(int code) {
  switch (code) {
    case EXDEV:   // a way out of the root
    case EPERM:   // a security module
    case ENXIO:   // a socket, or a device that is not there
    case ENODEV:  // the same
      return EACCES;
    case EAGAIN:  // somebody holds a lease on it
      return EBUSY;
    default:
      return code;
  }
}

Error refusal(std::string_view path, int code) {
  return errno_error(fmt::format("open \"{}\" in the folder", path), code);
}

std::int64_t in_nanoseconds(const timespec& time) {
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

// Before Linux 6.13, and later where nobody asked for a file's times before, these are those of the
// last timer tick. A file that was changed in the tick in which it is looked at may be written
// again and still look the same: so that never two contents share a version, such a file is looked
// at again when the tick is over. That is at most one tick (1 to 10 ms), a few where a virtual
// machine's clock lags, and only for a file that was changed just now. The time of change is what
// tells, as that of modification can be set back.
bool wait_for_tick(const timespec& changed) {
  constexpr std::int64_t kLagMax = 100'000'000;  // a time further ahead is not this clock's
  timespec tick{};
  ::clock_getres(CLOCK_REALTIME_COARSE, &tick);
  for (bool waited = false;; waited = true) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    const std::int64_t ahead = in_nanoseconds(changed) - in_nanoseconds(now);
    if (ahead < 0 || ahead > kLagMax) return waited;
    ::nanosleep(&tick, nullptr);
  }
}

class FolderFile final : public VolumeFile {
 public:
  FolderFile(UniqueFd fd, FileStatus status) : fd_(std::move(fd)), status_(std::move(status)) {}

  const FileStatus& status() const override { return status_; }
  int descriptor() const override { return fd_.get(); }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
      return std::size_t{0};
    for (;;) {
      const ssize_t n = ::pread(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return errno_error("pread");
    }
  }

  Result<bool> unchanged() override {
    struct stat now {};
    if (::fstat(fd_.get(), &now) != 0) return errno_error("fstat");
    return status_.still(now) || status_.but_for_a_name(now);  // a reader has it to its end
  }

 private:
  UniqueFd fd_;
  FileStatus status_;
};

// Owns the descriptor.
struct CloseFolder {
  void operator()(DIR* stream) const { ::closedir(stream); }
};
using FolderStream = std::unique_ptr<DIR, CloseFolder>;

}  // namespace

Result<std::unique_ptr<FolderVolume>> FolderVolume::create(const std::string& folder,
                                                           const FolderCache::Options& cache) {
  UniqueFd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return errno_error("open the folder " + folder);
  if (!open_beneath(root.get(), ".")) return errno_error("open the folder " + folder);
  return std::unique_ptr<FolderVolume>(new FolderVolume(std::move(root), cache));
}

Result<std::unique_ptr<VolumeFile>> FolderVolume::open(std::string_view path) {
  if (path.find('\0') != path.npos) return refusal(path, ENOENT);
  UniqueFd fd = open_beneath(root_.get(), path.empty() ? "." : std::string(path));
  if (!fd) return refusal(path, told(errno));

  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) return errno_error("fstat");
  if (auto kept = cache_.find(path, found)) return file_in_memory(std::move(kept));
  if (S_ISREG(found.st_mode) && wait_for_tick(found.st_ctim) && ::fstat(fd.get(), &found) != 0)
    return errno_error("fstat");
  if (!S_ISDIR(found.st_mode) && !S_ISREG(found.st_mode)) return refusal(path, EACCES);
  if (auto kept = cache_.keep(path, fd, found)) return file_in_memory(std::move(kept));

  return std::unique_ptr<VolumeFile>(
      std::make_unique<FolderFile>(std::move(fd), file_status(found)));
}

Result<FolderListing> FolderVolume::list(std::string_view path, const ListingBounds& bounds) {
  if (path.find('\0') != path.npos) return refusal(path, ENOENT);
  UniqueFd fd = open_beneath(root_.get(), path.empty() ? "." : std::string(path));
  if (!fd) return refusal(path, told(errno));
  const FolderStream stream(::fdopendir(fd.get()));
  if (stream == nullptr) return refusal(path, errno);
  (void)fd.release();
  FolderListing listing;
  while (const dirent* const entry = ::readdir(stream.get())) {
    struct stat found {};
    if (::fstatat(::dirfd(stream.get()), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0)
      continue;  // removed meanwhile
    if (!add_entry(listing, entry->d_name, found, bounds)) break;
  }
  return listing;
}

}  // namespace bramble
