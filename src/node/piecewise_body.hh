// SPDX-License-Identifier: Apache-2.0
// The rest of a file that neither blocks nor has a descriptor, a piece at a time through memory:
// several ranges of a file.
//
// Behind the last piece the file is asked whether it is still the same, before that piece is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "http/answer.hh"
#include "volume/volume.hh"

namespace bramble {

class PiecewiseBody final : public http::BodySource {
 public:
  // begun: the body's first bytes, read already.
  PiecewiseBody(std::string begun, std::unique_ptr<VolumeFile> file, std::uint64_t first,
                std::uint64_t bytes)
      : file_(std::move(file)), offset_(first), left_(bytes), piece_(std::move(begun)) {}

  Progress send(Wire& wire) override;
  std::uint64_t sent_bytes() const override { return sent_bytes_; }

 private:
  static constexpr std::uint64_t kPieceBytes = 64 * 1024;
  static constexpr int kPiecesPerTurn = 16;  // then others have theirs

  bool read_piece();

  std::unique_ptr<VolumeFile> file_;
  std::uint64_t offset_;
  std::uint64_t left_;  // not read yet
  std::string piece_;
  std::uint64_t sent_bytes_ = 0;  // of all
  std::size_t sent_ = 0;          // of the piece
};

}  // namespace bramble
