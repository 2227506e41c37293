// SPDX-License-Identifier: Apache-2.0
// The rest of a file that has a descriptor, from the page cache to the socket.
//
// The file is asked whether it is still the same each time before bytes of its last piece go out:
// a file that was rewritten meanwhile ends in a reset, not in a torn body that looks whole. (What
// already lies in the socket is the page cache's: a deploy renames files, it does not rewrite
// them.) Nobody asks a file that cannot change.
//
// A full socket is left until a third of it is free. To follow a fast visitor with a small piece
// for each that it takes costs a tenth more of the processor for each megabyte (measured on
// loopback).
#pragma once

#include <cstdint>
#include <memory>

#include "http/answer.hh"
#include "volume/volume.hh"

namespace bramble {

class SendfileBody final : public http::BodySource {
 public:
  // The file has a descriptor and does not block.
  SendfileBody(std::unique_ptr<VolumeFile> file, std::uint64_t first, std::uint64_t bytes)
      : file_(std::move(file)), first_(first), offset_(first), left_(bytes) {}

  Progress send(Wire& wire) override;
  std::uint64_t sent_bytes() const override { return offset_ - first_; }

 private:
  static constexpr std::uint64_t kLastPieceBytes = 16 * 1024;
  static constexpr std::uint64_t kBytesPerTurn = 2 * 1024 * 1024;  // then others have theirs

  bool unchanged();

  std::unique_ptr<VolumeFile> file_;
  const std::uint64_t first_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

}  // namespace bramble
