// SPDX-License-Identifier: Apache-2.0
// What a terminal can show. Colour only on a terminal and without NO_COLOR (no-color.org).
#pragma once

#include <string>
#include <string_view>

namespace bramble {

enum class Colour { kPlain, kBold, kDim, kRed, kGreen, kYellow };

bool is_terminal(int fd);
bool colour_wanted(int fd);
std::size_t terminal_columns(int fd);  // 80 where it is not known

// The text in that colour, or the bare text where colour is not wanted.
std::string paint(std::string_view text, Colour colour, bool wanted);

}  // namespace bramble
