// SPDX-License-Identifier: Apache-2.0
#include "node/request_path.hh"

#include "http/octets.hh"

namespace bramble {
namespace {

// Appends the component, decoded. False where an escape is none, or hides a slash or a NUL.
bool append_decoded(std::string_view component, std::string& to) {
  for (std::size_t i = 0; i < component.size(); ++i) {
    if (component[i] != '%') {
      to += component[i];
      continue;
    }
    if (i + 2 >= component.size()) return false;
    const int high = http::hex_digit(static_cast<unsigned char>(component[i + 1]));
    const int low = http::hex_digit(static_cast<unsigned char>(component[i + 2]));
    if (high < 0 || low < 0) return false;
    const char byte = static_cast<char>(high * 16 + low);
    if (byte == '/' || byte == '\0') return false;
    to += byte;
    i += 2;
  }
  return true;
}

PathFault check(std::string_view component, bool first) {
  if (component == "." || component == "..") return PathFault::kMalformed;
  if (component.starts_with('.') && !(first && component == ".well-known"))
    return PathFault::kHidden;
  return PathFault::kNone;
}

bool stays_as_it_is(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

}  // namespace

PathFault decode_path(std::string_view path, RequestPath& to) {
  to.name.clear();
  to.folder = path.ends_with('/');
  PathFault worst = PathFault::kNone;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (component.empty()) continue;
    const bool first = to.name.empty();
    if (!first) to.name += '/';
    const std::size_t begin = to.name.size();
    if (!append_decoded(component, to.name)) return PathFault::kMalformed;
    const PathFault fault = check(std::string_view(to.name).substr(begin), first);
    if (fault == PathFault::kMalformed) return fault;
    if (fault == PathFault::kHidden) worst = fault;
  }
  return worst;
}

std::string encode_path(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string path = "/";
  for (const char c : name) {
    if (stays_as_it_is(c)) {
      path += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    path += '%';
    path += kDigits[byte >> 4];
    path += kDigits[byte & 15];
  }
  return path;
}

}  // namespace bramble
