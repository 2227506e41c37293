// SPDX-License-Identifier: Apache-2.0
#include "base/table.hh"

#include <algorithm>

#include "base/result.hh"

namespace bramble {
namespace {

constexpr std::size_t kGap = 2;  // blanks between columns

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  BRAMBLE_CHECK(row.size() <= headings_.size());
  row.resize(headings_.size(), Cell(""));
  rows_.push_back(std::move(row));
}

std::string Table::text(bool colour) const {
  std::vector<std::vector<Cell>> all;
  all.emplace_back();
  for (const std::string& heading : headings_) all.front().emplace_back(heading, Colour::kBold);
  all.insert(all.end(), rows_.begin(), rows_.end());

  std::vector<std::size_t> widths(headings_.size(), 0);
  for (const std::vector<Cell>& row : all)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));

  std::string text;
  for (const std::vector<Cell>& row : all) {
    std::size_t blanks = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        text.append(blanks, ' ');
        text += paint(row[i].text, row[i].colour, colour);
        blanks = 0;
      }
      blanks += widths[i] - width(row[i].text) + kGap;
    }
    text += '\n';
  }
  return text;
}

}  // namespace bramble
