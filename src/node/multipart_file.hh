// SPDX-License-Identifier: Apache-2.0
// Several ranges of a file as a file of their own: the body of a 206 with multipart/byteranges
// (RFC 9110 §14.6). Nothing is copied: its bytes are those of the heads in between, and of the
// file.
//
//     \r\n--BOUNDARY\r\nContent-Type: …\r\nContent-Range: bytes 0-9/100\r\n\r\n   bytes 0 to 9
//     \r\n--BOUNDARY\r\n…                                                         …
//     \r\n--BOUNDARY--\r\n
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/range.hh"
#include "volume/volume.hh"

namespace bramble {

class MultipartFile final : public VolumeFile {
 public:
  struct Layout {
    std::string_view media_type;  // of the file
    std::string_view boundary;    // nothing that may stand in the file
  };

  // The parts lie within the file. status() is the file's, but for its size: that of the body.
  MultipartFile(std::unique_ptr<VolumeFile> file, const std::vector<http::RangePart>& parts,
                const Layout& layout);

  const FileStatus& status() const override { return status_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override;
  bool readable() const override { return file_->readable(); }
  Result<bool> unchanged() override { return file_->unchanged(); }

  std::uint64_t bytes() const { return status_.size; }

 private:
  struct Segment {
    std::uint64_t begin = 0;  // in the body
    std::string head;         // then follows
    http::RangePart part;     // of the file; of the last segment: nothing
    std::uint64_t end() const { return begin + head.size() + part.bytes; }
  };

  void append(std::string head, const http::RangePart& part);

  std::unique_ptr<VolumeFile> file_;
  FileStatus status_;
  std::vector<Segment> segments_;  // one behind the other
};

// 128 random bits as letters and digits: no file holds it but by a chance that never comes. Any
// thread.
std::string multipart_boundary();

}  // namespace bramble
