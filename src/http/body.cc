// SPDX-License-Identifier: Apache-2.0
#include "http/body.hh"

#include <algorithm>

#include "base/result.hh"

namespace bramble::http {

Body::Body(const Framing& framing)
    : kind_(framing.kind),
      done_(kind_ == Framing::Kind::kNone ||
            (kind_ == Framing::Kind::kLength && framing.length == 0)),
      left_(framing.length) {}

Body::Progress Body::feed(std::string_view bytes) {
  BRAMBLE_CHECK(!done_);
  if (kind_ == Framing::Kind::kChunked) {
    const Progress progress = chunked_.feed(bytes);
    done_ = progress.outcome == Outcome::kDone;
    return progress;
  }
  const std::uint64_t step = std::min<std::uint64_t>(unseen_left(), bytes.size());
  skip(step);
  return {.bytes = step, .outcome = done_ ? Outcome::kDone : Outcome::kMore};
}

std::uint64_t Body::unseen_left() const {
  if (done_) return 0;
  if (kind_ == Framing::Kind::kLength) return left_;
  return kind_ == Framing::Kind::kChunked ? chunked_.data_left() : kEndless;
}

void Body::skip(std::uint64_t bytes) {
  BRAMBLE_CHECK(bytes <= unseen_left());
  if (kind_ == Framing::Kind::kChunked) return chunked_.skip(bytes);
  if (kind_ != Framing::Kind::kLength) return;
  left_ -= bytes;
  done_ = left_ == 0;
}

Body::Progress Body::decode(std::string_view bytes, std::string& data) {
  BRAMBLE_CHECK(kind_ == Framing::Kind::kChunked && !done_);
  Progress progress;
  while (progress.bytes < bytes.size() && progress.outcome == Outcome::kMore) {
    const std::string_view rest = bytes.substr(progress.bytes);
    const std::size_t step = std::min<std::uint64_t>(chunked_.data_left(), rest.size());
    data.append(rest.substr(0, step));
    if (step != 0) chunked_.skip(step);
    progress.bytes += step;
    if (step != 0) continue;
    progress.outcome = chunked_.feed(rest.substr(0, 1)).outcome;
    ++progress.bytes;
  }
  done_ = progress.outcome == Outcome::kDone;
  return progress;
}

}  // namespace bramble::http
