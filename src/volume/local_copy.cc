// SPDX-License-Identifier: Apache-2.0
#include "volume/local_copy.hh"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace bramble {
namespace {

// Not every filesystem has files without a name.
UniqueFd open_unlinked(const std::string& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string name = folder + "/bramble-XXXXXX";
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (file) (void)::unlink(name.c_str());
  return file;
}

bool write_all(int file, std::uint64_t offset, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<LocalCopy>> LocalCopy::create(const std::string& folder,
                                                     const Stamp& stamp) {
  UniqueFd file = open_unlinked(folder);
  if (!file) return errno_error("open a file without a name in " + folder);
  return std::shared_ptr<LocalCopy>(new LocalCopy(std::move(file), stamp));
}

LocalCopy::LocalCopy(UniqueFd file, const Stamp& stamp)
    : file_(std::move(file)),
      stamp_(stamp),
      pieces_((size() + kPieceBytes - 1) / kPieceBytes),
      missing_(pieces_.size()) {}

void LocalCopy::fill(std::uint64_t offset, std::span<const char> bytes) {
  if (is_complete()) return;
  const std::uint64_t end = offset + bytes.size();
  std::uint64_t piece = (offset + kPieceBytes - 1) / kPieceBytes;
  for (; piece < pieces_.size(); ++piece) {
    const std::uint64_t first = piece * kPieceBytes;
    const std::uint64_t last = std::min(first + kPieceBytes, size());
    if (last > end) return;
    {
      const std::lock_guard lock(mutex_);
      if (spoilt_) return;
      if (pieces_[piece]) continue;
    }
    // Two may write the same bytes at once, which does no harm.
    const bool written = write_all(file_.get(), first, bytes.subspan(first - offset, last - first));
    const std::lock_guard lock(mutex_);
    if (complete_) return;
    if (!written || spoilt_) {
      give_back();
    } else if (!pieces_[piece]) {
      pieces_[piece] = true;
      --missing_;
    }
  }
}

std::size_t LocalCopy::read(std::uint64_t offset, std::span<char> bytes) const {
  if (offset >= size()) return 0;
  const std::uint64_t piece = offset / kPieceBytes;
  const std::uint64_t end = std::min((piece + 1) * kPieceBytes, size());
  {
    const std::lock_guard lock(mutex_);
    if (spoilt_ || !pieces_[piece]) return 0;
  }
  const std::size_t wanted = std::min<std::uint64_t>(bytes.size(), end - offset);
  const ssize_t n = ::pread(file_.get(), bytes.data(), wanted, static_cast<off_t>(offset));
  // Where it was given back meanwhile, and is being filled by somebody who does not know it yet, it
  // may have been a hole that was read.
  return n < 0 || is_spoilt() ? 0 : static_cast<std::size_t>(n);
}

bool LocalCopy::filled() const {
  const std::lock_guard lock(mutex_);
  return !spoilt_ && missing_ == 0;
}

void LocalCopy::complete() {
  const std::lock_guard lock(mutex_);
  complete_ = !spoilt_ && missing_ == 0;
}

void LocalCopy::spoil() {
  const std::lock_guard lock(mutex_);
  if (!complete_) give_back();
}

// Who reads it now finds so, and asks the volume.
void LocalCopy::give_back() {
  spoilt_ = true;
  (void)::ftruncate(file_.get(), 0);
}

}  // namespace bramble
