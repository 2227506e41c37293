// SPDX-License-Identifier: Apache-2.0
#include "volume/cached_file.hh"

#include <algorithm>
#include <cerrno>

#include "volume/gluster_file.hh"

namespace bramble {
namespace {

class CachedLargeFile final : public VolumeFile {
 public:
  explicit CachedLargeFile(LargeFileSource source)
      : source_(std::move(source)),
        complete_(source_.copy != nullptr && source_.copy->is_complete()) {}

  const FileStatus& status() const override { return source_.content->status; }
  bool readable() const override { return complete_ || source_.may_wait; }
  bool settled() const override { return complete_ && file_ == nullptr; }
  int descriptor() const override { return complete_ ? source_.copy->descriptor() : -1; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (!complete_) TRY(volume_file());
    if (source_.copy != nullptr)
      if (const std::size_t n = source_.copy->read(offset, piece); n > 0) return n;
    if (complete_ && offset >= status().size) return std::size_t{0};
    VolumeFile& file = *TRY(volume_file());
    const Result<std::size_t> n = file.read(offset, piece);
    if (!n.ok()) return noted(n.error());
    if (source_.copy != nullptr) source_.copy->fill(offset, piece.first(*n));
    return n;
  }

  Result<bool> unchanged() override {
    if (settled()) return true;
    VolumeFile& file = *TRY(volume_file());
    const bool same = TRY(file.unchanged());
    if (!same) source_.inode->outdated(status().edition);
    if (same && !complete_ && source_.copy != nullptr && source_.copy->filled()) complete_copy();
    return same;
  }

 private:
  // Opened before the first byte is given, wherever that comes from: then a file that is replaced
  // is read to its end.
  Result<VolumeFile*> volume_file() {
    if (file_ == nullptr) {
      if (!source_.may_wait) return errno_error("read", EAGAIN);
      auto opened = open_content(source_.session, source_.inode, status(), source_.unkept);
      if (!opened.ok()) return noted(opened.error());
      file_ = *std::move(opened);
    }
    return file_.get();
  }

  // Where no event tells that the file was removed or replaced, this does: its name is looked up
  // anew.
  Error noted(const Error& error) {
    if (error.code == ESTALE || error.code == ENOENT) source_.inode->outdated(status().edition);
    return error;
  }

  // Its pieces may have been read at different times: they are of one version only if the file
  // still is what it was before the first of them.
  void complete_copy() {
    struct stat now = {};
    const GlusterLibrary& library = source_.session->library();
    if (library.stat(source_.session->volume(), source_.inode->handle.get(), &now) != 0) return;
    if (Stamp(now) == source_.copy->stamp()) source_.copy->complete();
  }

  LargeFileSource source_;
  const bool complete_;  // when it was opened
  std::unique_ptr<VolumeFile> file_;
};

}  // namespace

std::unique_ptr<VolumeFile> large_file(LargeFileSource source) {
  return std::make_unique<CachedLargeFile>(std::move(source));
}

}  // namespace bramble
