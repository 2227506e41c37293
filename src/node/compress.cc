// SPDX-License-Identifier: Apache-2.0
#include "node/compress.hh"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>

namespace bramble {
namespace {

// Each gives how many bytes it wrote to the room, 0 where it failed or the room was too small.
std::size_t gzip(std::string_view content, std::string& room) {
  constexpr int kLevel = 6;
  constexpr int kGzip = 15 + 16;  // the largest window, and a gzip head
  constexpr int kMemory = 8;
  z_stream stream{};
  if (::deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return 0;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  stream.avail_out = static_cast<uInt>(room.size());
  const bool whole = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  const std::size_t bytes = stream.total_out;
  ::deflateEnd(&stream);
  return whole ? bytes : 0;
}

std::size_t brotli(std::string_view content, std::string& room) {
  constexpr int kQuality = 5;
  std::size_t bytes = room.size();
  const bool whole =
      ::BrotliEncoderCompress(kQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, content.size(),
                              reinterpret_cast<const std::uint8_t*>(content.data()), &bytes,
                              reinterpret_cast<std::uint8_t*>(room.data())) == BROTLI_TRUE;
  return whole ? bytes : 0;
}

std::size_t zstd(std::string_view content, std::string& room) {
  constexpr int kLevel = 6;
  const std::size_t bytes =
      ::ZSTD_compress(room.data(), room.size(), content.data(), content.size(), kLevel);
  return ::ZSTD_isError(bytes) != 0 ? 0 : bytes;
}

std::size_t code(std::string_view content, http::ContentCoding coding, std::string& room) {
  switch (coding) {
    case http::ContentCoding::kGzip:
      return gzip(content, room);
    case http::ContentCoding::kBrotli:
      return brotli(content, room);
    case http::ContentCoding::kZstd:
      return zstd(content, room);
    case http::ContentCoding::kIdentity:
      break;
  }
  return 0;
}

}  // namespace

std::optional<std::string> compress(std::string_view content, http::ContentCoding coding) {
  if (content.size() < 2) return std::nullopt;
  std::string room(content.size() - 1, '\0');  // what does not fit is no gain
  const std::size_t bytes = code(content, coding, room);
  if (bytes == 0) return std::nullopt;
  room.resize(bytes);
  room.shrink_to_fit();
  return room;
}

}  // namespace bramble
