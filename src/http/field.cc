// SPDX-License-Identifier: Apache-2.0
#include "http/field.hh"

#include <array>

#include "http/octets.hh"

namespace bramble::http {
namespace {

struct Known {
  std::string_view lower;
  FieldName id;
};

// In the order of their lengths, so that a name is compared with those of its own length only.
constexpr auto kKnown = std::to_array<Known>({
    {"te", FieldName::kTe},
    {"via", FieldName::kVia},
    {"date", FieldName::kDate},
    {"etag", FieldName::kEtag},
    {"host", FieldName::kHost},
    {"range", FieldName::kRange},
    {"cookie", FieldName::kCookie},
    {"expect", FieldName::kExpect},
    {"server", FieldName::kServer},
    {"referer", FieldName::kReferer},
    {"trailer", FieldName::kTrailer},
    {"upgrade", FieldName::kUpgrade},
    {"if-match", FieldName::kIfMatch},
    {"if-range", FieldName::kIfRange},
    {"forwarded", FieldName::kForwarded},
    {"connection", FieldName::kConnection},
    {"keep-alive", FieldName::kKeepAlive},
    {"user-agent", FieldName::kUserAgent},
    {"content-type", FieldName::kContentType},
    {"x-request-id", FieldName::kXRequestId},
    {"authorization", FieldName::kAuthorization},
    {"content-range", FieldName::kContentRange},
    {"accept-ranges", FieldName::kAcceptRanges},
    {"if-none-match", FieldName::kIfNoneMatch},
    {"last-modified", FieldName::kLastModified},
    {"content-length", FieldName::kContentLength},
    {"accept-encoding", FieldName::kAcceptEncoding},
    {"x-forwarded-for", FieldName::kXForwardedFor},
    {"content-encoding", FieldName::kContentEncoding},
    {"proxy-connection", FieldName::kProxyConnection},
    {"x-forwarded-host", FieldName::kXForwardedHost},
    {"if-modified-since", FieldName::kIfModifiedSince},
    {"transfer-encoding", FieldName::kTransferEncoding},
    {"x-forwarded-proto", FieldName::kXForwardedProto},
    {"proxy-authenticate", FieldName::kProxyAuthenticate},
    {"if-unmodified-since", FieldName::kIfUnmodifiedSince},
    {"proxy-authorization", FieldName::kProxyAuthorization},
});

constexpr std::size_t kLengthMax = kKnown.back().lower.size();

// kFirst[n]: the first known name of n or more bytes.
constexpr std::array<std::uint8_t, kLengthMax + 2> first_of_length() {
  std::array<std::uint8_t, kLengthMax + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length)
    while (first[length] < kKnown.size() && kKnown[first[length]].lower.size() < length)
      ++first[length];
  return first;
}
constexpr auto kFirst = first_of_length();

constexpr bool in_order() {
  for (std::size_t i = 1; i < kKnown.size(); ++i)
    if (kKnown[i - 1].lower.size() > kKnown[i].lower.size()) return false;
  return true;
}
static_assert(in_order());

}  // namespace

FieldName field_name(std::string_view name) {
  if (name.size() > kLengthMax) return FieldName::kOther;
  for (std::size_t i = kFirst[name.size()]; i < kFirst[name.size() + 1]; ++i)
    if (equals_lower(name, kKnown[i].lower)) return kKnown[i].id;
  return FieldName::kOther;
}

std::string_view take_element(std::string_view& list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!element.empty() && is_blank(element.front())) element.remove_prefix(1);
    while (!element.empty() && is_blank(element.back())) element.remove_suffix(1);
    if (!element.empty()) return element;
  }
  return {};
}

}  // namespace bramble::http
