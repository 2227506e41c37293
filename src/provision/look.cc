// SPDX-License-Identifier: Apache-2.0
#include "provision/look.hh"

#include <fmt/format.h>

#include "base/text.hh"

namespace bramble::provision {

Look Look::parse(std::string_view output) {
  Look look;
  std::string* file = nullptr;
  for (const std::string_view line : lines(output)) {
    if (line.starts_with('|') && file != nullptr) {
      file->append(line.substr(1)).push_back('\n');
    } else if (line.starts_with('@')) {
      file = &look.files_[std::string(line.substr(1))];
    } else if (const std::size_t equals = line.find('='); equals != std::string_view::npos) {
      look.values_[std::string(line.substr(0, equals))] = line.substr(equals + 1);
    }
  }
  return look;
}

Result<Look> Look::at(Host& host, std::string script) {
  const std::string output = TRY(host.sh(std::move(script)));
  return parse(output);
}

const std::string& Look::value(const std::string& key) const {
  static const std::string kNothing;
  const auto at = values_.find(key);
  return at == values_.end() ? kNothing : at->second;
}

std::optional<std::string> Look::file(const std::string& path) const {
  const auto at = files_.find(path);
  if (at == files_.end()) return std::nullopt;
  return at->second;
}

std::string tell_value(std::string_view key, std::string_view command) {
  return fmt::format("echo \"{}=$({} || :)\"\n", key, command);
}

std::string tell_whether(std::string_view key, std::string_view condition) {
  return fmt::format("if {}; then echo {}=yes; else echo {}=no; fi\n", condition, key, key);
}

std::string tell_file(const std::string& path) {
  const std::string quoted = shell_quote(path);
  return fmt::format("if [ -e {0} ]; then echo @{0}; awk '{{print \"|\" $0}}' {0}; fi\n", quoted);
}

}  // namespace bramble::provision
