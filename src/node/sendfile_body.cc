// SPDX-License-Identifier: Apache-2.0
#include "node/sendfile_body.hh"

#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>

namespace bramble {

http::BodySource::Progress SendfileBody::send(Wire& wire) {
  std::uint64_t budget = kBytesPerTurn;
  while (left_ > 0) {
    const bool last = file_->settled() || left_ <= kLastPieceBytes;
    if (last && !file_->settled() && !unchanged()) return Progress::kFailed;
    const std::uint64_t wanted =
        std::min(last ? left_ : left_ - kLastPieceBytes, std::max(budget, kLastPieceBytes));
    auto offset = static_cast<off_t>(offset_);
    const ssize_t sent = ::sendfile(wire.fd(), file_->descriptor(), &offset, wanted);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return wire.filled(), Progress::kBlocked;
    if (sent < 0) wire.set_code(errno);
    if (sent <= 0) return Progress::kFailed;  // 0: the file is shorter than it was
    const auto bytes = static_cast<std::uint64_t>(sent);
    offset_ += bytes;
    left_ -= bytes;
    budget -= std::min(budget, bytes);
    if (bytes < wanted && !wire.has_room()) return Progress::kBlocked;
    if (budget == 0 && left_ > 0) return Progress::kMore;
  }
  return Progress::kDone;
}

bool SendfileBody::unchanged() {
  const Result<bool> same = file_->unchanged();
  return same.ok() && *same;
}

}  // namespace bramble
