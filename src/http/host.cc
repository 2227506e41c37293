// SPDX-License-Identifier: Apache-2.0
#include "http/host.hh"

#include <algorithm>

#include "base/text.hh"
#include "http/octets.hh"

namespace bramble::http {
namespace {

bool is_hex(char c) { return hex_digit(static_cast<unsigned char>(c)) >= 0; }

bool is_name_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~!$&'()*+;=").find(c) != std::string_view::npos;
}

bool is_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_name_byte(text[i])) continue;
    if (text[i] != '%' || i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
      return false;
    i += 2;
  }
  return !text.empty();
}

bool is_ip_in_brackets(std::string_view text) {
  const std::string_view inner = text.substr(1, text.size() - 2);
  return inner.size() >= 2 && inner.find(':') != std::string_view::npos &&
         std::all_of(inner.begin(), inner.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

bool is_port(std::string_view text) {
  if (text.empty()) return true;
  const auto number = parse_number(text);
  return text.size() <= 5 && number && *number <= 65'535;
}

}  // namespace

bool is_host(std::string_view text) {
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    end = bracket + 1;
    if (!is_ip_in_brackets(text.substr(0, end))) return false;
  } else if (!is_name(text.substr(0, end))) {
    return false;
  }
  if (end >= text.size()) return true;
  return text[end] == ':' && is_port(text.substr(end + 1));
}

}  // namespace bramble::http
