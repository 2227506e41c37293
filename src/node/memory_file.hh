// SPDX-License-Identifier: Apache-2.0
// Content in memory as a file: for what was compressed. Never blocks, and never changes.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "volume/volume.hh"

namespace bramble {

class MemoryFile final : public VolumeFile {
 public:
  // status: of the file that it was made of; the size becomes the content's.
  MemoryFile(std::shared_ptr<const std::string> content, FileStatus status)
      : content_(std::move(content)), status_(std::move(status)) {
    status_.size = content_->size();
  }

  const FileStatus& status() const override { return status_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    const std::size_t begin = std::min<std::size_t>(offset, content_->size());
    const std::size_t bytes = std::min(piece.size(), content_->size() - begin);
    std::copy_n(content_->data() + begin, bytes, piece.data());
    return bytes;
  }
  Result<bool> unchanged() override { return true; }
  std::string_view content() const override { return *content_; }

 private:
  std::shared_ptr<const std::string> content_;
  FileStatus status_;
};

}  // namespace bramble
