// SPDX-License-Identifier: Apache-2.0
// What a look script tells: one script asks a host for all that a step wants to know, and prints it
// in sections.
//
//     @@ disk
//     /dev/mmcblk0
//     @@ table
//     label: dos
//     …
//
// Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace bramble::provision {

// Shell that look scripts begin with: `section NAME` opens a section.
inline constexpr std::string_view kSection = "section() { printf '@@ %s\\n' \"$1\"; }\n";

class Report {
 public:
  explicit Report(std::string_view text);

  // A section's text without the line end at its end; "" where there is none of that name.
  const std::string& operator[](std::string_view section) const;

  // The value of a "key=value" line (or "key: value") in a section; "" where there is none.
  std::string value(std::string_view section, std::string_view key) const;

 private:
  std::map<std::string, std::string, std::less<>> sections_;
};

// The same for a text of such lines.
std::string value_of(std::string_view text, std::string_view key);

// Its lines as one: "a, b, c".
std::string comma_list(std::string_view text);

}  // namespace bramble::provision
