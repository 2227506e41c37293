// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_file.hh"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <vector>

namespace bramble {
namespace {

constexpr std::uint64_t kSmallBytesMax = 128 * 1024;  // what one read of GlusterFS carries
constexpr std::uint64_t kOffsetMax = std::numeric_limits<off_t>::max();

Error brick_error(const char* call) {
  Error error = errno_error(call);
  error.side = Side::kBackend;
  error.retryable = true;
  return error;
}

// Copies what lies at the offset, as a read does.
std::size_t copy(const std::string& content, std::uint64_t offset, std::span<char> piece) {
  if (offset >= content.size()) return 0;
  const std::size_t size = std::min(piece.size(), content.size() - offset);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), size, piece.begin());
  return size;
}

class Folder final : public VolumeFile {
 public:
  explicit Folder(const struct stat& status) : status_(file_status(status)) {}
  const FileStatus& status() const override { return status_; }
  Result<std::size_t> read(std::uint64_t, std::span<char>) override {
    return errno_error("read", EISDIR);
  }
  Result<bool> unchanged() override { return true; }

 private:
  FileStatus status_;
};

class SmallFile final : public VolumeFile {
 public:
  SmallFile(std::shared_ptr<GlusterSession> session, InodePointer inode, FileStatus status,
            HeldShare room)
      : session_(std::move(session)),
        inode_(std::move(inode)),
        status_(std::move(status)),
        room_(std::move(room)) {}

  const FileStatus& status() const override { return status_; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (!fetched_) {
      if (Result<void> fetched = fetch(); !fetched.ok()) return fetched.error();
    }
    return copy(content_, offset, piece);
  }

  // A file that was removed or replaced, whether its handle has become stale or other names lead to
  // it: whether its content was read before that cannot be known.
  Result<bool> unchanged() override {
    if (fetched_ && content_.size() != status_.size) return false;
    struct stat now = {};
    if (session_->library().stat(session_->volume(), inode_->handle.get(), &now) == 0)
      return status_.still(now);
    if (errno == ESTALE || errno == ENOENT) return false;
    return brick_error("glfs_h_stat");
  }

 private:
  Result<void> fetch() {
    content_ = TRY(read_without_open(*session_, inode_->handle, status_.size));
    fetched_ = true;
    return {};
  }

  std::shared_ptr<GlusterSession> session_;
  InodePointer inode_;
  FileStatus status_;
  const HeldShare room_;  // of the content
  std::string content_;
  bool fetched_ = false;
};

class LargeFile final : public VolumeFile {
 public:
  LargeFile(std::shared_ptr<GlusterSession> session, InodePointer inode, FileStatus status)
      : session_(std::move(session)), inode_(std::move(inode)), status_(std::move(status)) {}
  ~LargeFile() override {
    if (open_ != nullptr) (void)session_->library().close(open_);
  }
  LargeFile(const LargeFile&) = delete;
  LargeFile& operator=(const LargeFile&) = delete;

  Result<void> open() {
    if (open_ == nullptr)
      open_ = session_->library().open(session_->volume(), inode_->handle.get(), O_RDONLY);
    return open_ != nullptr ? Result<void>() : brick_error("glfs_h_open");
  }

  const FileStatus& status() const override { return status_; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (offset > kOffsetMax) return std::size_t{0};
    TRY(open());
    const ssize_t n = session_->library().pread(open_, piece.data(), piece.size(),
                                                static_cast<off_t>(offset), 0, nullptr);
    if (n < 0) return brick_error("glfs_pread");
    return static_cast<std::size_t>(n);
  }

  Result<bool> unchanged() override {
    struct stat now = {};
    const GlusterLibrary& library = session_->library();
    const int answer = open_ != nullptr
                           ? library.fstat(open_, &now)
                           : library.stat(session_->volume(), inode_->handle.get(), &now);
    // Who reads a file that is replaced or removed has it to its end, unless it was written before.
    if (answer == 0)
      return status_.still(now) ||
             (status_.but_for_a_name(now) && inode_->unwritten_since(status_.edition));
    if (errno == ESTALE || errno == ENOENT) return false;
    return brick_error("glfs_fstat");
  }

 private:
  std::shared_ptr<GlusterSession> session_;
  InodePointer inode_;  // goes before the session, as members go in reverse
  FileStatus status_;
  glfs_fd_t* open_ = nullptr;
};

// nullptr: it is to be read in pieces.
std::unique_ptr<VolumeFile> small_file(const std::shared_ptr<GlusterSession>& session,
                                       const InodePointer& inode, const FileStatus& status,
                                       std::shared_ptr<ByteBudget> unkept) {
  if (status.size > kSmallBytesMax) return nullptr;
  HeldShare room(std::move(unkept), status.size);
  if (room.bytes() < status.size) return nullptr;
  return std::make_unique<SmallFile>(session, inode, status, std::move(room));
}

// The bits of one, as they are for others.
bool may(const struct stat& status, mode_t bits) {
  const uid_t user = ::geteuid();
  if (user == 0) return true;
  if (status.st_uid == user) return (status.st_mode & bits << 6) != 0;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  groups.push_back(::getegid());
  if (std::find(groups.begin(), groups.end(), status.st_gid) != groups.end())
    return (status.st_mode & bits << 3) != 0;
  return (status.st_mode & bits) != 0;
}

}  // namespace

bool may_read(const struct stat& status) { return may(status, S_IROTH); }
bool may_enter(const struct stat& folder) { return may(folder, S_IXOTH); }

Result<std::string> read_without_open(const GlusterSession& session, const GlusterHandle& handle,
                                      std::size_t expected) {
  const std::size_t bytes = expected + 1;
  std::string content(bytes, '\0');
  std::size_t size = 0;
  // The size is reached by a read that asked for more: then there is no more.
  while (size + 1 < bytes || size == 0) {
    const ssize_t n =
        session.library().anonymous_read(session.volume(), handle.get(), content.data() + size,
                                         bytes - size, static_cast<off_t>(size));
    if (n < 0) return brick_error("glfs_h_anonymous_read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  content.resize(size);
  return content;
}

Result<std::unique_ptr<VolumeFile>> open_content(std::shared_ptr<GlusterSession> session,
                                                 InodePointer inode, FileStatus status,
                                                 std::shared_ptr<ByteBudget> unkept) {
  if (auto small = small_file(session, inode, status, std::move(unkept))) return small;
  auto file = std::make_unique<LargeFile>(std::move(session), std::move(inode), std::move(status));
  TRY(file->open());
  return std::unique_ptr<VolumeFile>(std::move(file));
}

Result<std::unique_ptr<VolumeFile>> gluster_file(std::shared_ptr<GlusterSession> session,
                                                 GlusterEntry entry,
                                                 std::shared_ptr<ByteBudget> unkept) {
  if (S_ISDIR(entry.status.st_mode))
    return std::unique_ptr<VolumeFile>(std::make_unique<Folder>(entry.status));
  if (!may_read(entry.status)) return errno_error("open a file of the volume", EACCES);
  FileStatus status = file_status(entry.status);
  if (auto small = small_file(session, entry.inode, status, std::move(unkept))) return small;
  return std::unique_ptr<VolumeFile>(
      std::make_unique<LargeFile>(std::move(session), std::move(entry.inode), std::move(status)));
}

}  // namespace bramble
