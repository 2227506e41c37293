// SPDX-License-Identifier: Apache-2.0
#include "node/read_ahead_body.hh"

#include <algorithm>
#include <utility>

namespace bramble {

void retire(std::unique_ptr<VolumeFile> file, WorkerPool& pool) {
  if (file != nullptr) pool.discard(std::move(file));
}

ReadAheadBody::ReadAheadBody(std::string begun, Rest rest, http::ServerConnection& connection,
                             Loop& loop, WorkerPool& pool)
    : connection_(connection),
      loop_(loop),
      pool_(pool),
      reading_(std::make_shared<Reading>()),
      retry_(*this, &ReadAheadBody::read_ahead) {
  reading_->owner = this;
  reading_->rest = std::move(rest);
  if (!begun.empty()) ready_[ready_count_++] = std::move(begun);
  read_ahead();
}

ReadAheadBody::~ReadAheadBody() {
  reading_->owner = nullptr;
  if (!under_way_) retire(std::move(reading_->rest.file), pool_);
}

// On a worker.
void ReadAheadBody::read_piece(Reading& reading) {
  Rest& rest = reading.rest;
  const std::uint64_t bytes = std::min(kPieceBytes, rest.bytes);
  reading.piece.resize(bytes);
  for (std::size_t have = 0; have < bytes;) {
    const Result<std::size_t> got =
        rest.file->read(rest.first + have, std::span(reading.piece).subspan(have));
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

void ReadAheadBody::read_ahead() {
  if (under_way_ || failed_ || all_read_ || ready_count_ == kReadyMax) return;
  if (!spare_.empty()) reading_->piece = std::exchange(spare_, {});
  under_way_ = pool_.try_submit([reading = reading_, &loop = loop_, &pool = pool_] {
    read_piece(*reading);
    loop.post([reading, &pool] {
      if (reading->owner != nullptr)
        reading->owner->take_piece();
      else
        retire(std::move(reading->rest.file), pool);
    });
  });
  if (!under_way_) loop_.arm(retry_, kRetryPause);
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
    const std::ptrdiff_t taken = wire.send_some(std::string_view(ready_[0]).substr(sent_));
    if (taken < 0) return Progress::kFailed;
    sent_ += static_cast<std::size_t>(taken);
    sent_bytes_ += static_cast<std::uint64_t>(taken);
    if (sent_ < ready_[0].size()) return Progress::kBlocked;
    sent_ = 0;
    spare_ = std::exchange(ready_[0], std::exchange(ready_[1], std::string()));
    --ready_count_;
    read_ahead();
  }
  if (failed_) return Progress::kFailed;
  return all_read_ ? Progress::kDone : Progress::kWaiting;
}

}  // namespace bramble
