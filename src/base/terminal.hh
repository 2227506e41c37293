// SPDX-License-Identifier: Apache-2.0
// What a terminal can show, and what is typed there. Colour only on a terminal and without NO_COLOR
// (no-color.org).
#pragma once

#include <string>
#include <string_view>

namespace bramble {

enum class Colour { kPlain, kBold, kDim, kRed, kGreen, kYellow };

bool is_terminal(int fd);
bool can_be_redrawn(int fd);  // a terminal that knows escape sequences
bool colour_wanted(int fd);
std::size_t terminal_columns(int fd);  // 80 where it is not known

// The next line typed there, without its end; "" once we are interrupted. Blocks.
std::string read_line(int fd);

// The text in that colour, or the bare text where colour is not wanted.
std::string paint(std::string_view text, Colour colour, bool wanted);

}  // namespace bramble
