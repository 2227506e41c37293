// SPDX-License-Identifier: Apache-2.0
// Content in memory as a file: for what was compressed. Never blocks, and never changes.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "base/headed_bytes.hh"
#include "volume/volume.hh"

namespace bramble {

class MemoryFile final : public VolumeFile {
 public:
  // status: of the file that it was made of; the size becomes the content's.
  MemoryFile(std::shared_ptr<const HeadedBytes> bytes, FileStatus status)
      : bytes_(std::move(bytes)), status_(std::move(status)) {
    status_.size = bytes_->size();
  }

  const FileStatus& status() const override { return status_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
    if (offset >= bytes_->size()) return std::size_t{0};
    return content().copy(piece.data(), piece.size(), offset);
  }
  Result<bool> unchanged() override { return true; }
  std::string_view content() const override { return bytes_->bytes(); }
  std::shared_ptr<const HeadedBytes> headed() const override { return bytes_; }

 private:
  std::shared_ptr<const HeadedBytes> bytes_;
  FileStatus status_;
};

}  // namespace bramble
