// SPDX-License-Identifier: Apache-2.0
#include "http/framing_fields.hh"

#include "base/text.hh"

namespace bramble::http {
namespace {

constexpr std::size_t kLengthDigitsMax = 18;  // below 2^63

}  // namespace

HeadFault FramingFields::take(const Field& field) {
  switch (field.id) {
    case FieldName::kContentLength:
      return take_length(field.value);
    case FieldName::kTransferEncoding:
      return take_coding(field.value);
    case FieldName::kConnection:
      take_connection(field.value);
      return HeadFault::kNone;
    default:
      return HeadFault::kNone;
  }
}

HeadFault FramingFields::take_length(std::string_view value) {
  if (chunked) return HeadFault::kLengthAndCoding;
  if (length) return HeadFault::kLengthTwice;
  if (value.find(',') != std::string_view::npos) return HeadFault::kLengthTwice;
  if (value.size() > kLengthDigitsMax) return HeadFault::kLength;
  length = parse_number(value);
  return length ? HeadFault::kNone : HeadFault::kLength;
}

HeadFault FramingFields::take_coding(std::string_view value) {
  if (length) return HeadFault::kLengthAndCoding;
  if (chunked) return HeadFault::kCodingNotFinal;
  bool others = false;
  for (std::string_view coding = take_element(value); !coding.empty();
       coding = take_element(value)) {
    if (chunked) return HeadFault::kCodingNotFinal;
    chunked = equals_lower(coding, "chunked");
    others = others || !chunked;
  }
  if (!chunked) return HeadFault::kCodingNotFinal;
  return others ? HeadFault::kCoding : HeadFault::kNone;
}

void FramingFields::take_connection(std::string_view value) {
  for (std::string_view option = take_element(value); !option.empty();
       option = take_element(value)) {
    close = close || equals_lower(option, "close");
    keep_alive = keep_alive || equals_lower(option, "keep-alive");
    upgrade = upgrade || equals_lower(option, "upgrade");
  }
}

}  // namespace bramble::http
