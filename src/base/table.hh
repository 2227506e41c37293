// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/terminal.hh"

namespace bramble {

// Rows under headings, each column as wide as its widest cell. Widths count UTF-8 characters.
class Table {
 public:
  struct Cell {
    std::string text;
    Colour colour = Colour::kPlain;
    Cell(std::string t, Colour c = Colour::kPlain) : text(std::move(t)), colour(c) {}
    Cell(const char* t) : text(t) {}
  };

  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

  // As many cells as headings; missing ones are empty.
  void add(std::vector<Cell> row);

  // Each line ends with a line end; no blanks before it.
  std::string text(bool colour) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace bramble
