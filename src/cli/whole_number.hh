// SPDX-License-Identifier: Apache-2.0
// A flag that is a whole number, in decimal: what CLI11 itself would take for octal, for
// hexadecimal or, below zero, for a very large one is refused.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "base/text.hh"

namespace bramble::cli {

inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto fault = [least, most](const std::string& text) -> std::string {
    const auto number = parse_number(text);
    const bool padded = text.size() > 1 && text.starts_with('0');
    if (number && !padded && *number >= least && *number <= most) return "";
    return fmt::format("\"{}\" is no whole number from {} to {}, without sign or unit", text, least,
                       most);
  };
  return {fault, fmt::format("{} to {}", least, most)};
}

}  // namespace bramble::cli
