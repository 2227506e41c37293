// SPDX-License-Identifier: Apache-2.0
#include "cluster/toml_text.hh"

#include <fmt/format.h>

namespace bramble {

std::string toml_quoted(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (all += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      all += fmt::format("\\u{:04x}", c);
    else
      all += c;
  }
  return all + '"';
}

std::string toml_array(const std::vector<std::string>& texts) {
  std::string all = "[";
  for (const std::string& text : texts) {
    if (all.size() > 1) all += ", ";
    all += toml_quoted(text);
  }
  return all + "]";
}

}  // namespace bramble
