// SPDX-License-Identifier: Apache-2.0
#include "provision/report.hh"

#include "base/text.hh"

namespace bramble::provision {

Report::Report(std::string_view text) {
  std::string* open = nullptr;
  for (const std::string_view line : lines(text)) {
    if (line.starts_with("@@ ")) {
      open = &sections_[std::string(line.substr(3))];
      continue;
    }
    if (open == nullptr) continue;
    if (!open->empty()) open->push_back('\n');
    open->append(line);
  }
}

const std::string& Report::operator[](std::string_view section) const {
  static const std::string kNone;
  const auto found = sections_.find(section);
  return found == sections_.end() ? kNone : found->second;
}

std::string Report::value(std::string_view section, std::string_view key) const {
  return value_of((*this)[section], key);
}

std::string value_of(std::string_view text, std::string_view key) {
  for (const std::string_view raw : lines(text)) {
    const std::string_view line = trim(raw);
    if (!line.starts_with(key)) continue;
    const std::string_view rest = trim(line.substr(key.size()));
    if (rest.starts_with('=') || rest.starts_with(':')) return std::string(trim(rest.substr(1)));
  }
  return "";
}

std::string comma_list(std::string_view text) {
  std::string list;
  for (const std::string_view line : lines(text)) {
    if (!list.empty()) list += ", ";
    list += line;
  }
  return list;
}

}  // namespace bramble::provision
