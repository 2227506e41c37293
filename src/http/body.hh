// SPDX-License-Identifier: Apache-2.0
// What follows a head, and where it ends (RFC 9112 §6). Follows a body's bytes without changing
// them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "http/chunked.hh"

namespace bramble::http {

struct Framing {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilClose, kTunnel };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;  // of kLength

  bool operator==(const Framing&) const = default;
};

class Body {
 public:
  using Outcome = ChunkedBody::Outcome;
  using Progress = ChunkedBody::Progress;

  static constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

  Body() = default;
  explicit Body(const Framing& framing);

  bool done() const { return done_; }
  Framing::Kind kind() const { return kind_; }

  // Follows the next bytes; those behind the end are not the body's. Not after its end.
  Progress feed(std::string_view bytes);

  // How many bytes may be handed on unseen: what is left of a length, or of the chunk under way.
  std::uint64_t unseen_left() const;
  void skip(std::uint64_t bytes);

  // The same as feed for a chunked body whose reader knows no chunks: appends its data alone.
  Progress decode(std::string_view bytes, std::string& data);

  // The sender has closed the connection in good order: whether that was the body's end.
  bool ends_with_connection() const {
    return done_ || kind_ == Framing::Kind::kUntilClose || kind_ == Framing::Kind::kTunnel;
  }

 private:
  Framing::Kind kind_ = Framing::Kind::kNone;
  bool done_ = true;
  std::uint64_t left_ = 0;  // of kLength
  ChunkedBody chunked_;
};

}  // namespace bramble::http
