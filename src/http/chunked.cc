// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.hh"

#include <algorithm>

#include "base/result.hh"
#include "http/field.hh"
#include "http/octets.hh"

namespace bramble::http {

ChunkedBody::Progress ChunkedBody::feed(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (state_ == State::kData) {
      const std::uint64_t step = std::min<std::uint64_t>(left_, bytes.size() - at);
      skip(step);
      at += step;
      continue;
    }
    state_ = next(static_cast<unsigned char>(bytes[at++]));
    if (state_ == State::kDone) return {.bytes = at, .outcome = Outcome::kDone};
    if (state_ == State::kBad) return {.bytes = at, .outcome = Outcome::kBad};
  }
  return {.bytes = at, .outcome = Outcome::kMore};
}

void ChunkedBody::skip(std::uint64_t data_bytes) {
  BRAMBLE_CHECK(data_bytes <= data_left());
  left_ -= data_bytes;
  if (left_ == 0) state_ = State::kDataCr;
}

ChunkedBody::State ChunkedBody::next(unsigned char c) {
  switch (state_) {
    case State::kSize:
      return in_size(c);
    case State::kExtension:
      return in_extension(c);
    case State::kSizeLf:
      return c == '\n' ? after_size_line() : State::kBad;
    case State::kDataCr:
      return c == '\r' ? State::kDataLf : State::kBad;
    case State::kDataLf:
      digits_ = 0;
      line_bytes_ = 0;
      return c == '\n' ? State::kSize : State::kBad;
    case State::kTrailerStart:
      trailer_has_name_ = false;
      trailer_name_bytes_ = 0;
      if (c == '\r') return State::kLastLf;
      return is_token_byte(c) ? in_trailer(c) : State::kBad;
    case State::kTrailer:
      return in_trailer(c);
    case State::kTrailerLf:
      ++line_bytes_;
      return c == '\n' ? State::kTrailerStart : State::kBad;
    case State::kLastLf:
      return c == '\n' ? State::kDone : State::kBad;
    case State::kData:
    case State::kDone:
    case State::kBad:
      break;
  }
  return State::kBad;
}

ChunkedBody::State ChunkedBody::in_size(unsigned char c) {
  const int digit = hex_digit(c);
  if (digit >= 0) {
    if (digits_ == kSizeDigitsMax) return State::kBad;
    left_ = (digits_ == 0 ? 0 : left_ * 16) + static_cast<unsigned>(digit);
    ++digits_;
    ++line_bytes_;
    return State::kSize;
  }
  if (digits_ == 0) return State::kBad;
  if (c == '\r') return State::kSizeLf;
  return c == ';' ? State::kExtension : State::kBad;
}

ChunkedBody::State ChunkedBody::in_extension(unsigned char c) {
  if (c == '\r') return quoted_ ? State::kBad : State::kSizeLf;
  if (!is_value_byte(c) || ++line_bytes_ > kSizeLineBytesMax) return State::kBad;
  if (escaped_)
    escaped_ = false;
  else if (quoted_ && c == '\\')
    escaped_ = true;
  else if (c == '"')
    quoted_ = !quoted_;
  return State::kExtension;
}

ChunkedBody::State ChunkedBody::after_size_line() {
  line_bytes_ = 0;
  return left_ == 0 ? State::kTrailerStart : State::kData;
}

ChunkedBody::State ChunkedBody::in_trailer(unsigned char c) {
  if (++line_bytes_ > kTrailerBytesMax) return State::kBad;
  if (!trailer_has_name_) {
    if (c == ':') {
      trailer_has_name_ = true;
      return trailer_is_harmless() ? State::kTrailer : State::kBad;
    }
    if (trailer_name_bytes_ < trailer_name_.size())
      trailer_name_[trailer_name_bytes_++] = static_cast<char>(c);
    return is_token_byte(c) ? State::kTrailer : State::kBad;
  }
  if (c == '\r') return State::kTrailerLf;
  return is_value_byte(c) ? State::kTrailer : State::kBad;
}

bool ChunkedBody::trailer_is_harmless() const {
  const std::string_view name(trailer_name_.data(), trailer_name_bytes_);
  if (is_x_forwarded(name)) return false;
  switch (field_name(name)) {
    case FieldName::kConnection:
    case FieldName::kContentLength:
    case FieldName::kForwarded:
    case FieldName::kHost:
    case FieldName::kKeepAlive:
    case FieldName::kProxyConnection:
    case FieldName::kTe:
    case FieldName::kTransferEncoding:
    case FieldName::kUpgrade:
    case FieldName::kXRequestId:
      return false;
    default:
      return true;
  }
}

}  // namespace bramble::http
