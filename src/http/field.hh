// SPDX-License-Identifier: Apache-2.0
// Fields of a message head, as views into the bytes that were received, and the names that a
// server or a proxy acts on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bramble::http {

enum class FieldName : std::uint8_t {
  kOther,  // any name that is not acted on
  kAcceptEncoding,
  kAcceptRanges,
  kAuthorization,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentRange,
  kContentType,
  kCookie,
  kDate,
  kEtag,
  kExpect,
  kForwarded,
  kHost,
  kIfMatch,
  kIfModifiedSince,
  kIfNoneMatch,
  kIfRange,
  kIfUnmodifiedSince,
  kKeepAlive,
  kLastModified,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kRange,
  kReferer,
  kServer,
  kTe,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVia,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
  kXRequestId,
};

// The name in any case of letters.
FieldName field_name(std::string_view name);

struct Field {
  std::string_view name;   // a token, as sent
  std::string_view value;  // without blanks at either end; may be empty
  FieldName id = FieldName::kOther;
};

// The first field of that name, or nullptr.
inline const Field* find_field(std::span<const Field> fields, FieldName id) {
  for (const Field& field : fields)
    if (field.id == id) return &field;
  return nullptr;
}

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// ASCII, in any case of letters.
constexpr bool equals_any_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

// ASCII; the second one in lower case.
constexpr bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (to_lower(text[i]) != lower[i]) return false;
  return true;
}

// Whether it begins with X-Forwarded-, in any case of letters, and with `_` for `-`: what a request
// becomes for a CGI program, and with some servers, does not tell these apart.
constexpr bool is_x_forwarded(std::string_view name) {
  constexpr std::string_view kBeginning = "x-forwarded-";
  if (name.size() < kBeginning.size() || to_lower(name.front()) != 'x') return false;
  for (std::size_t i = 1; i < kBeginning.size(); ++i)
    if (to_lower(name[i] == '_' ? '-' : name[i]) != kBeginning[i]) return false;
  return true;
}

// Takes the next element off a comma-separated list (RFC 9110 §5.6.1): without blanks around it,
// empty elements are passed over. "" at the end of the list. A quoted string that holds a comma is
// not known here: for lists of tokens only.
std::string_view take_element(std::string_view& list);

}  // namespace bramble::http
