// SPDX-License-Identifier: Apache-2.0
#include "lab/lock.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "lab/wait.hh"

namespace bramble::lab {
namespace {

// A lock on a file that was removed while we waited for it guards nothing.
bool still_there(int fd, const std::string& path) {
  struct stat held = {};
  struct stat named = {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

Result<Lock> Lock::take(const std::string& path, const std::function<void()>& on_wait) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  bool waited = false;
  for (;;) {
    // Inherited by what is started meanwhile, hence no O_CLOEXEC.
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT, 0600));
    if (!fd) return errno_error("open " + path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      if (still_there(fd.get(), path)) return Lock(path, std::move(fd));
      continue;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return errno_error("flock " + path);
    if (!waited) on_wait();
    waited = true;
    TRY(pause());
  }
}

void Lock::remove_file() { ::unlink(path_.c_str()); }

}  // namespace bramble::lab
