// SPDX-License-Identifier: Apache-2.0
#include "node/multipart_file.hh"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace bramble {

MultipartFile::MultipartFile(std::unique_ptr<VolumeFile> file,
                             const std::vector<http::RangePart>& parts, const Layout& layout)
    : file_(std::move(file)), status_(file_->status()) {
  const std::uint64_t size = status_.size;
  for (const http::RangePart& part : parts)
    append(fmt::format("\r\n--{}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n\r\n",
                       layout.boundary, layout.media_type, part.first, part.first + part.bytes - 1,
                       size),
           part);
  append(fmt::format("\r\n--{}--\r\n", layout.boundary), {});
  status_.size = segments_.back().end();
}

void MultipartFile::append(std::string head, const http::RangePart& part) {
  const std::uint64_t begin = segments_.empty() ? 0 : segments_.back().end();
  segments_.push_back({.begin = begin, .head = std::move(head), .part = part});
}

// From one head or one part; the caller asks again for the rest.
Result<std::size_t> MultipartFile::read(std::uint64_t offset, std::span<char> piece) {
  const auto segment =
      std::partition_point(segments_.begin(), segments_.end(),
                           [offset](const Segment& before) { return before.end() <= offset; });
  if (segment == segments_.end()) return std::size_t{0};
  const std::uint64_t within = offset - segment->begin;
  if (within < segment->head.size()) {
    const std::size_t bytes = std::min<std::size_t>(piece.size(), segment->head.size() - within);
    std::copy_n(segment->head.data() + within, bytes, piece.data());
    return bytes;
  }
  const std::uint64_t in_part = within - segment->head.size();
  const auto bytes = static_cast<std::size_t>(
      std::min<std::uint64_t>(piece.size(), segment->part.bytes - in_part));
  return file_->read(segment->part.first + in_part, piece.first(bytes));
}

std::string multipart_boundary() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace bramble
