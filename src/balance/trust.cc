// SPDX-License-Identifier: Apache-2.0
#include "balance/trust.hh"

#include <string>

namespace bramble::balance {
namespace {

// "203.0.113.9", "2001:db8::1"; some proxies add a port.
std::optional<Address> parse_hop(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool bare_v6 = !text.starts_with('[') && text.find(':') != colon;
  const bool has_port = !bare_v6 && colon != std::string_view::npos && !text.ends_with(']');
  std::string whole = bare_v6 ? "[" + std::string(text) + "]" : std::string(text);
  if (!has_port) whole += ":0";
  const bool literal = whole[0] == '[' || (whole[0] >= '0' && whole[0] <= '9');
  if (!literal) return std::nullopt;
  const Result<Address> address = parse_address(whole);
  return address.ok() ? std::optional(*address) : std::nullopt;
}

}  // namespace

std::string_view visitor_of(const http::RequestHead& head, std::string_view sender,
                            const TrustOptions& options) {
  std::vector<std::string_view> hops;
  for (const http::Field& field : head.fields()) {
    if (field.id != http::FieldName::kXForwardedFor) continue;
    std::string_view list = field.value;
    for (auto hop = http::take_element(list); !hop.empty(); hop = http::take_element(list))
      hops.push_back(hop);
  }
  std::string_view visitor = sender;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const std::optional<Address> address = parse_hop(*hop);
    if (!address) break;
    visitor = *hop;
    if (!options.trusts(*address)) break;
  }
  return visitor;
}

}  // namespace bramble::balance
