// SPDX-License-Identifier: Apache-2.0
// The form in which a file is given (RFC 9110 §12): as it is, as it was compressed beforehand, or
// compressed now.
//
//     accepted: br, then gzip          a.css.br there, and not older than a.css ─► it
//                                      else a.css.gz ────────────────────────────► it
//                                      else text of 256 bytes to 1 MiB ──────────► to be coded as
//                                      br else ─────────────────────────────────────► a.css
//
// The entity tag tells the form: "V" of the file, "W-br" of the file a.css.br whose version is W,
// W/"V-br" of what is coded here: weak, since two machines' libraries may pack the same
// differently, so that no one ever completes the bytes of one with those of the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/content_coding.hh"
#include "node/coded_cache.hh"
#include "volume/volume.hh"

namespace bramble {

struct CodingWish {
  http::AcceptedCodings accepted;
  bool precompressed = true;  // files beside the file may stand in for it
  bool compress = true;       // it may be coded now
};

class EntityTag {
 public:
  EntityTag() = default;
  EntityTag(const FileVersion& version, http::ContentCoding coding, bool weak = false);
  std::string_view text() const { return {bytes_.data(), size_}; }  // with its quotes

 private:
  std::array<char, 48> bytes_{};
  std::size_t size_ = 0;
};

struct Representation {
  std::unique_ptr<VolumeFile> file;  // what is sent; where to_be_coded: what it is made of
  http::ContentCoding coding = http::ContentCoding::kIdentity;
  EntityTag etag;
  bool to_be_coded = false;
};

inline constexpr std::uint64_t kCodedBytesMin = 256;
inline constexpr std::uint64_t kCodedBytesMax = 1024 * 1024;

Representation as_it_is(std::unique_ptr<VolumeFile> file);

// name: the file's in the volume. Opens files beside it, and so blocks where the volume does.
// Without a file where the volume has not all of them at hand.
Representation choose_representation(Volume& volume, std::string_view name,
                                     std::unique_ptr<VolumeFile> file, const CodingWish& wish);

enum class Coding : std::uint8_t {
  kDone,     // the file is what is to be sent
  kNotNow,   // it is not in the cache, and may not be made here
  kAsItIs,   // it is better given as it is: no shorter, or too much is being coded
  kChanged,  // the file has changed: look it up again
  kFailed,   // it cannot be read: see trouble
};

// Makes what is to be coded, or finds it in the cache. Takes its time where may_make.
Coding code(Representation& representation, std::string_view name, CodedCache& cache, bool may_make,
            std::string& trouble);

}  // namespace bramble
