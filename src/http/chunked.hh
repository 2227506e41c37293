// SPDX-License-Identifier: Apache-2.0
// Where a chunked body ends (RFC 9112 §7.1). The bytes themselves are handed on as they came; this
// only follows them, strictly, so that no peer behind us can see another end:
//
//        ┌────────────────────── next chunk ──────────────────────┐
//        ▼                                                        │
//     kSize ──";"──► kExtension ──CR──► kSizeLf ──LF──► kData ──► kDataCr ──► kDataLf
//        └────CR──────────────────────────▲  │
//                                            └─ size 0 ─► kTrailerStart ─CR─► kLastLf ─LF─► done
//                                                          │      ▲
//                                                          ▼      │
//                                                       kTrailer ─┘ one field line each
//
// Refused: a size without digits, with a sign, blank or more than 15 digits; LF or CR alone;
// control bytes; a quoted string that does not end with its line; a size line or trailers past
// their limit; a trailer line that is no field or that starts with a blank; a trailer that would
// say where a message ends, or whose it is, if somebody took it for a field of the head (RFC 9110
// §6.5.1: Content-Length, Host, X-Forwarded-For …).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bramble::http {

class ChunkedBody {
 public:
  static constexpr std::size_t kSizeLineBytesMax = 256;  // with the extensions
  static constexpr std::size_t kTrailerBytesMax = 4096;  // all trailers together
  static constexpr unsigned kSizeDigitsMax = 15;
  static constexpr std::size_t kTrailerNameBytes = 20;

  enum class Outcome : std::uint8_t { kMore, kDone, kBad };

  struct Progress {
    std::size_t bytes = 0;  // how many of the given bytes belong to this body
    Outcome outcome = Outcome::kMore;
  };

  // Follows the body through its next bytes. After kDone or kBad: no further call.
  Progress feed(std::string_view bytes);

  // Bytes of the chunk that is under way: they may be handed on unseen, see skip().
  std::uint64_t data_left() const { return state_ == State::kData ? left_ : 0; }
  void skip(std::uint64_t data_bytes);

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kLastLf,
    kDone,
    kBad,
  };

  State next(unsigned char c);
  State in_size(unsigned char c);
  State in_extension(unsigned char c);
  State after_size_line();
  State in_trailer(unsigned char c);
  bool trailer_is_harmless() const;

  State state_ = State::kSize;
  unsigned digits_ = 0;
  bool quoted_ = false;  // within a quoted string of an extension
  bool escaped_ = false;
  bool trailer_has_name_ = false;
  std::array<char, kTrailerNameBytes> trailer_name_{};  // as much as any known name has
  std::size_t trailer_name_bytes_ = 0;
  std::uint64_t left_ = 0;      // of this chunk
  std::size_t line_bytes_ = 0;  // of this size line, or of all trailers
};

}  // namespace bramble::http
