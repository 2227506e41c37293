// SPDX-License-Identifier: Apache-2.0
#include "balance/affinity.hh"

#include <fmt/format.h>

#include <algorithm>

#include "balance/hashing.hh"
#include "base/text.hh"
#include "http/octets.hh"

namespace bramble::balance {
namespace {

constexpr std::size_t kTokenDigits = 16;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return http::is_token_byte(static_cast<unsigned char>(c));
  });
}

// 0: it is no token of ours.
std::uint64_t parse_token(std::string_view text) {
  if (text.size() != kTokenDigits) return 0;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = http::hex_digit(static_cast<unsigned char>(c));
    if (digit < 0) return 0;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

// Of "a=1; b=2".
std::uint64_t token_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    const std::string_view pair = trim(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      if (const std::uint64_t token = parse_token(pair.substr(name.size() + 1)); token != 0)
        return token;
  }
  return 0;
}

std::uint64_t key_of(const http::RequestHead& head, const HashBy& by) {
  if (by.header.empty()) return hash_of(head.path);
  for (const http::Field& field : head.fields())
    if (http::equals_any_case(field.name, by.header)) return hash_of(field.value);
  return 0;
}

}  // namespace

Result<HashBy> parse_hash_by(std::string_view text) {
  constexpr std::string_view kHeader = "header:";
  if (text == "path") return HashBy{};
  if (text.starts_with(kHeader) && is_token(text.substr(kHeader.size())))
    return HashBy{.header = std::string(text.substr(kHeader.size()))};
  return failure(fmt::format("\"{}\" is nothing to hash by: write path, or header:NAME", text));
}

bool is_cookie_name(std::string_view text) { return is_token(text); }

Preference preference_of(const http::RequestHead& head, const AffinityOptions& options) {
  Preference preference;
  if (options.hash_by) preference.key = key_of(head, *options.hash_by);
  if (options.cookie.empty()) return preference;
  for (const http::Field& field : head.fields())
    if (field.id == http::FieldName::kCookie && preference.identity == 0)
      preference.identity = token_in(field.value, options.cookie);
  return preference;
}

std::string sticky_cookie(std::string_view cookie, std::uint64_t identity) {
  return fmt::format("{}={:016x}; Path=/; HttpOnly; SameSite=Lax", cookie, identity);
}

}  // namespace bramble::balance
