// SPDX-License-Identifier: Apache-2.0
// What a visitor accepts a body to be coded as (RFC 9110 §12.5.3).
//
//     Accept-Encoding: gzip, br;q=0.5            gzip, then br
//     Accept-Encoding: *;q=0.1, zstd;q=0         br, then gzip; zstd never
//     Accept-Encoding: gzip;q=0.5, identity      as it is
//
// Of equal weights the one that packs tightest comes first: br, zstd, gzip. A body that is not
// coded is sent to whoever accepts no coding that there is, also where identity;q=0 forbids it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/field.hh"

namespace bramble::http {

enum class ContentCoding : std::uint8_t { kIdentity, kBrotli, kZstd, kGzip };

std::string_view name_of(ContentCoding coding);    // "br", "zstd", "gzip", "identity"
std::string_view suffix_of(ContentCoding coding);  // of files: "br", "zst", "gz", ""

// Small, and copied freely.
class AcceptedCodings {
 public:
  AcceptedCodings() = default;  // none
  explicit AcceptedCodings(std::span<const Field> fields);

  // The best one first; without kIdentity. Lives as long as this.
  std::span<const ContentCoding> in_order() const& { return {order_.data(), count_}; }
  std::span<const ContentCoding> in_order() const&& = delete;

 private:
  std::array<ContentCoding, 3> order_{};
  std::size_t count_ = 0;
};

}  // namespace bramble::http
