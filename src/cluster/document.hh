// SPDX-License-Identifier: Apache-2.0
// A TOML document as a tree of values that know where they stand. The TOML parser is a heavy
// header: this is the only part of the house that sees it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bramble {

// Both count from 1.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  auto operator<=>(const Position&) const = default;
};

// What is wrong with a file, and where.
struct Fault {
  Position at;
  std::string what;
};
using Faults = std::vector<Fault>;

struct Entry;

struct Value {
  enum class Type : std::uint8_t { kString, kInteger, kBoolean, kOther, kArray, kTable };
  Type type = Type::kTable;
  Position at;
  std::string type_name;       // "a string", "an integer", …: for faults
  std::string string;          // kString
  std::int64_t integer = 0;    // kInteger
  bool boolean = false;        // kBoolean
  std::vector<Value> array;    // kArray
  std::vector<Entry> entries;  // kTable, sorted by key
};

struct Entry {
  std::string key;
  Position at;
  Value value;
};

// The root table. Where the text is not TOML, an empty one and one more fault.
Value parse_document(std::string_view text, Faults& faults);

}  // namespace bramble
