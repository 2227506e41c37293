// SPDX-License-Identifier: Apache-2.0
#include "volume/file_content.hh"

#include <cerrno>

namespace bramble {
namespace {

class FileInMemory final : public VolumeFile {
 public:
  explicit FileInMemory(std::shared_ptr<const FileContent> content) : content_(std::move(content)) {
    content_->bytes.prefetch();
  }

  const FileStatus& status() const override { return content_->status; }
  std::string_view content() const override { return content_->bytes.bytes(); }
  std::shared_ptr<const HeadedBytes> headed() const override {
    return {content_, &content_->bytes};
  }
  Result<bool> unchanged() override { return true; }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (!content_->whole) return errno_error("read", EISDIR);
    if (offset >= content_->bytes.size()) return std::size_t{0};
    return content().copy(piece.data(), piece.size(), offset);
  }

 private:
  std::shared_ptr<const FileContent> content_;
};

}  // namespace

std::unique_ptr<VolumeFile> file_in_memory(std::shared_ptr<const FileContent> content) {
  return std::make_unique<FileInMemory>(std::move(content));
}

}  // namespace bramble
