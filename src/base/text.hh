// SPDX-License-Identifier: Apache-2.0
// Pieces of text: all pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bramble {

std::string_view trim(std::string_view text);  // spaces, tabs, line ends at both ends
std::vector<std::string_view> split(std::string_view text, char separator);  // keeps empty pieces
std::vector<std::string_view> lines(std::string_view text);  // without line ends; no empty last one
std::vector<std::string_view> words(std::string_view text);  // between spaces, tabs, line ends
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
std::string to_lower(std::string_view text);  // ASCII only

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// All of the text, in decimal, without sign or space; nothing where it is anything else.
std::optional<std::uint64_t> parse_number(std::string_view text);

// The candidate that a misspelt word most likely meant, or nothing: at most a third of its letters
// (one at the least) may differ.
std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates);

std::string human_bytes(std::uint64_t bytes);                    // "64.0 MiB"
std::string human_duration(std::chrono::nanoseconds duration);   // "350 ms", "2.1 s", "3 min"
std::string shell_quote(std::string_view text);                  // one word for sh(1)
std::string shell_quote(const std::vector<std::string>& words);  // a command line for sh(1)

}  // namespace bramble
