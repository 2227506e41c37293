// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "cluster/section.hh"

namespace bramble {

// Values that may stand only once in the whole file: names, addresses, hosts of sites.
class Once {
 public:
  explicit Once(std::string kind) : kind_(std::move(kind)) {}

  void take(Section& section, const std::optional<Text>& text) {
    if (!text) return;
    const auto [taken, is_new] = taken_.emplace(text->text, text->at);
    if (!is_new)
      section.fault(text->at, fmt::format("{} \"{}\" is taken already in line {}", kind_,
                                          text->text, taken->second.line));
  }

 private:
  std::string kind_;
  std::map<std::string, Position> taken_;
};

}  // namespace bramble
