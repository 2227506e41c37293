// SPDX-License-Identifier: Apache-2.0
#include "node/read_ahead_body.hh"

#include <algorithm>
#include <utility>

namespace bramble {

void retire(std::unique_ptr<VolumeFile> file, WorkerPool& pool) {
  if (file != nullptr) pool.discard(std::move(file));
}

ReadAheadBody::ReadAheadBody(Piece begun, Rest rest, http::ServerConnection& connection,
                             const Means& means)
    : connection_(connection),
      means_(means),
      reading_(std::make_shared<Reading>()),
      retry_(*this, &ReadAheadBody::read_ahead) {
  reading_->owner = this;
  reading_->rest = std::move(rest);
  begun.share.shrink_to(begun.bytes.size());
  if (!begun.bytes.empty()) ready_[ready_count_++] = std::move(begun);
  read_ahead();
}

ReadAheadBody::~ReadAheadBody() {
  reading_->owner = nullptr;
  if (!under_way_) retire(std::move(reading_->rest.file), means_.pool);
}

// On a worker.
void ReadAheadBody::read_piece(Reading& reading) {
  Rest& rest = reading.rest;
  const std::uint64_t room = std::max(reading.piece.share.bytes(), std::size_t{kSmallPieceBytes});
  const std::uint64_t bytes = std::min({room, rest.bytes, kPieceBytes - rest.first % kPieceBytes});
  reading.piece.bytes.resize(bytes);
  for (std::size_t have = 0; have < bytes;) {
    const Result<std::size_t> got =
        rest.file->read(rest.first + have, std::span(reading.piece.bytes).subspan(have));
    if (!got.ok() || *got == 0) {
      reading.failed = true;
      return;
    }
    have += *got;
  }
  rest.first += bytes;
  rest.bytes -= bytes;
  if (rest.bytes > 0) return;
  const Result<bool> same = rest.file->unchanged();
  reading.failed = !same.ok() || !*same;
}

// For the next piece.
bool ReadAheadBody::find_room() {
  Piece& piece = reading_->piece;
  if (piece.share.bytes() > 0) return true;  // found before, but the pool was full
  piece = std::exchange(spare_, {});
  if (piece.share.bytes() > 0) return true;
  const std::uint64_t most = std::min(kPieceBytes, reading_->rest.bytes);
  piece.share = ByteShare(means_.budget, std::min(kSmallPieceBytes, most), most);
  return piece.share.bytes() > 0 || ready_count_ == 0;
}

void ReadAheadBody::read_ahead() {
  if (under_way_ || failed_ || all_read_ || ready_count_ == kReadyMax || !find_room()) return;
  under_way_ =
      means_.pool.try_submit([reading = reading_, &loop = means_.loop, &pool = means_.pool] {
        read_piece(*reading);
        loop.post([reading, &pool] {
          if (reading->owner != nullptr)
            reading->owner->take_piece();
          else
            retire(std::move(reading->rest.file), pool);
        });
      });
  if (!under_way_) means_.loop.arm(retry_, kRetryPause);
}

void ReadAheadBody::take_piece() {
  under_way_ = false;
  failed_ = reading_->failed;
  all_read_ = reading_->rest.bytes == 0;
  if (!failed_) ready_[ready_count_++] = std::move(reading_->piece);
  read_ahead();
  connection_.resume();  // may destroy this
}

http::BodySource::Progress ReadAheadBody::send(Wire& wire) {
  while (ready_count_ > 0) {
    const std::ptrdiff_t taken = wire.send_some(std::string_view(ready_[0].bytes).substr(sent_));
    if (taken < 0) return Progress::kFailed;
    sent_ += static_cast<std::size_t>(taken);
    sent_bytes_ += static_cast<std::uint64_t>(taken);
    if (sent_ < ready_[0].bytes.size()) return Progress::kBlocked;
    sent_ = 0;
    Piece sent = std::exchange(ready_[0], std::exchange(ready_[1], {}));
    if (sent.share.bytes() == kPieceBytes) spare_ = std::move(sent);  // else there may be more now
    --ready_count_;
    read_ahead();
  }
  if (failed_) return Progress::kFailed;
  return all_read_ ? Progress::kDone : Progress::kWaiting;
}

}  // namespace bramble
