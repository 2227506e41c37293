// SPDX-License-Identifier: Apache-2.0
#include "http/content_coding.hh"

#include <algorithm>
#include <optional>

#include "base/text.hh"

namespace bramble::http {
namespace {

constexpr std::array<ContentCoding, 3> kTightestFirst = {
    ContentCoding::kBrotli, ContentCoding::kZstd, ContentCoding::kGzip};

// In thousandths. Nothing where it is none (RFC 9110 §12.4.2).
std::optional<int> parse_weight(std::string_view text) {
  const bool whole = text.starts_with('1');
  if (!whole && !text.starts_with('0')) return std::nullopt;
  int weight = whole ? 1000 : 0;
  if (text.size() == 1) return weight;
  if (text[1] != '.' || text.size() > 5) return std::nullopt;
  int unit = 100;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

// "gzip;q=0.5": the name, and its weight; 0 where that is none, so that it is not used.
struct Element {
  std::string_view name;
  int weight = 1000;
};

Element parse_element(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  Element element{.name = trim(text.substr(0, semicolon))};
  if (semicolon == text.size()) return element;
  const std::string_view parameter = trim(text.substr(semicolon + 1));
  element.weight = equals_lower(parameter.substr(0, 2), "q=")
                       ? parse_weight(parameter.substr(2)).value_or(0)
                       : 0;
  return element;
}

// By coding; -1: not named.
struct Weights {
  std::array<int, 4> of{-1, -1, -1, -1};
  int others = -1;

  int& at(ContentCoding coding) { return of[static_cast<std::size_t>(coding)]; }

  void take(const Element& element) {
    if (element.name == "*") {
      others = element.weight;
      return;
    }
    if (equals_lower(element.name, "x-gzip")) at(ContentCoding::kGzip) = element.weight;
    if (equals_lower(element.name, "identity")) at(ContentCoding::kIdentity) = element.weight;
    for (const ContentCoding coding : kTightestFirst)
      if (equals_lower(element.name, name_of(coding))) at(coding) = element.weight;
  }
};

}  // namespace

std::string_view name_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity:
      return "identity";
    case ContentCoding::kBrotli:
      return "br";
    case ContentCoding::kZstd:
      return "zstd";
    case ContentCoding::kGzip:
      return "gzip";
  }
  return "";
}

std::string_view suffix_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity:
      return "";
    case ContentCoding::kBrotli:
      return "br";
    case ContentCoding::kZstd:
      return "zst";
    case ContentCoding::kGzip:
      return "gz";
  }
  return "";
}

AcceptedCodings::AcceptedCodings(std::span<const Field> fields) {
  Weights weights;
  for (const Field& field : fields) {
    if (field.id != FieldName::kAcceptEncoding) continue;
    std::string_view list = field.value;
    for (std::string_view text = take_element(list); !text.empty(); text = take_element(list))
      weights.take(parse_element(text));
  }
  const int least = std::max(weights.at(ContentCoding::kIdentity), 1);
  for (const ContentCoding coding : kTightestFirst) {
    if (weights.at(coding) < 0) weights.at(coding) = weights.others;
    if (weights.at(coding) >= least) order_[count_++] = coding;
  }
  std::stable_sort(order_.begin(), order_.begin() + count_,
                   [&](ContentCoding a, ContentCoding b) { return weights.at(a) > weights.at(b); });
}

}  // namespace bramble::http
