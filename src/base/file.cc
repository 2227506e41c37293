// SPDX-License-Identifier: Apache-2.0
#include "base/file.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limits>

#include "base/unique_fd.hh"

namespace bramble {
namespace {

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error("write " + path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  return read_file(path, std::numeric_limits<std::size_t>::max());
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("open " + path);
  std::string content;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read " + path);
    if (got == 0) return content;
    if (static_cast<std::size_t>(got) > bytes_max - content.size())
      return errno_error("read " + path, EFBIG);
    content.append(piece.data(), static_cast<std::size_t>(got));
  }
}

std::string content_of(const std::string& path) {
  const Result<std::string> content = read_file(path);
  return content.ok() ? *content : "";
}

Result<void> write_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string beside = path + ".new." + std::to_string(::getpid());
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return errno_error("open " + beside);
  Result<void> written = write_all(fd.get(), content, beside);
  if (written.ok() && ::fchmod(fd.get(), mode) != 0) written = errno_error("fchmod " + beside);
  if (written.ok() && ::fsync(fd.get()) != 0) written = errno_error("fsync " + beside);
  fd.reset();
  if (written.ok() && ::rename(beside.c_str(), path.c_str()) != 0)
    written = errno_error("rename " + beside + " to " + path);
  if (!written.ok()) ::unlink(beside.c_str());
  return written;
}

void visit_names(const std::string& folder,
                 const std::function<bool(const std::string& name)>& goes_on) {
  namespace fs = std::filesystem;
  std::error_code failed;  // increment: ++ would throw where a disk fails in the middle
  for (fs::directory_iterator at(folder, failed);
       at != fs::directory_iterator() && goes_on(at->path().filename()); at.increment(failed)) {
  }
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  visit_names(folder, [&](const std::string& name) { return names.push_back(name), true; });
  return names;
}

}  // namespace bramble
