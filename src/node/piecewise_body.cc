// SPDX-License-Identifier: Apache-2.0
#include "node/piecewise_body.hh"

#include <algorithm>
#include <span>
#include <string_view>

namespace bramble {

http::BodySource::Progress PiecewiseBody::send(Wire& wire) {
  for (int pieces = 0;;) {
    while (sent_ < piece_.size()) {
      const std::ptrdiff_t taken = wire.send_some(std::string_view(piece_).substr(sent_));
      if (taken < 0) return Progress::kFailed;
      sent_ += static_cast<std::size_t>(taken);
      sent_bytes_ += static_cast<std::uint64_t>(taken);
      if (sent_ < piece_.size()) return Progress::kBlocked;
    }
    if (left_ == 0) return Progress::kDone;
    if (pieces++ == kPiecesPerTurn) return Progress::kMore;
    if (!read_piece()) return Progress::kFailed;
  }
}

bool PiecewiseBody::read_piece() {
  const std::uint64_t bytes = std::min(kPieceBytes, left_);
  piece_.resize(bytes);
  sent_ = 0;
  for (std::size_t have = 0; have < bytes;) {
    const Result<std::size_t> got = file_->read(offset_ + have, std::span(piece_).subspan(have));
    if (!got.ok() || *got == 0) return false;
    have += *got;
  }
  offset_ += bytes;
  left_ -= bytes;
  if (left_ > 0) return true;
  const Result<bool> same = file_->unchanged();
  return same.ok() && *same;
}

}  // namespace bramble
