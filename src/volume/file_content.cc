// SPDX-License-Identifier: Apache-2.0
#include "volume/file_content.hh"

#include <cerrno>

namespace bramble {
namespace {

class FileInMemory final : public VolumeFile {
 public:
  FileInMemory(std::shared_ptr<const FileContent> content, const NothingBeside* nothing_beside)
      : content_(std::move(content)), nothing_beside_(nothing_beside) {
    content_->bytes.prefetch();
  }

  const FileStatus& status() const override { return content_->status; }
  std::string_view content() const override { return content_->bytes.bytes(); }
  std::shared_ptr<const HeadedBytes> headed() const override {
    return {content_, &content_->bytes};
  }
  const NothingBeside* nothing_beside() const override { return nothing_beside_; }
  Result<bool> unchanged() override { return true; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (!content_->whole) return errno_error("read", EISDIR);
    if (offset >= content_->bytes.size()) return std::size_t{0};
    return content().copy(piece.data(), piece.size(), offset);
  }

 private:
  std::shared_ptr<const FileContent> content_;
  const NothingBeside* nothing_beside_;
};

}  // namespace

std::unique_ptr<VolumeFile> file_in_memory(std::shared_ptr<const FileContent> content,
                                           const NothingBeside* nothing_beside) {
  return std::make_unique<FileInMemory>(std::move(content), nothing_beside);
}

}  // namespace bramble
