// SPDX-License-Identifier: Apache-2.0
#include "cluster/document.hh"

#include <algorithm>

#include "base/text.hh"

namespace bramble {
namespace {

// Where the parser, 3.3.0, would end the program by assert(): at a header such as "[[[node]]]".
struct ParserGaveUp {};
[[noreturn]] void give_up() { throw ParserGaveUp(); }

}  // namespace
}  // namespace bramble

#define TOML_HEADER_ONLY 1  // no shared library that a fresh machine would lack
#define TOML_ASSERT(good) (static_cast<bool>(good) ? void() : bramble::give_up())
#include <toml++/toml.h>

namespace bramble {
namespace {

bool begins_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '"' || c == '\'';
}

// Of the first header that gives no name, which is what the parser gave up at.
Position position_of_bad_header(std::string_view text) {
  std::uint32_t number = 0;
  for (const std::string_view line : lines(text)) {
    ++number;
    std::size_t at = line.find_first_not_of(" \t");
    if (at == line.npos || line[at] != '[') continue;
    at += line.substr(at).starts_with("[[") ? 2 : 1;
    at = std::min(line.find_first_not_of(" \t", at), line.size());
    if (at == line.size() || !begins_key(line[at]))
      return {.line = number, .column = static_cast<std::uint32_t>(at + 1)};
  }
  return {.line = 1, .column = 1};
}

Position position(const toml::source_region& source) {
  return {.line = std::max<std::uint32_t>(source.begin.line, 1),
          .column = std::max<std::uint32_t>(source.begin.column, 1)};
}

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value value{.type = Value::Type::kTable};
  for (const auto& [key, child] : table)
    value.entries.push_back(
        {.key = std::string(key.str()), .at = position(key.source()), .value = convert(child)});
  return value;
}

Value convert_array(const toml::array& array) {
  Value value{.type = Value::Type::kArray};
  for (const toml::node& child : array) value.array.push_back(convert(child));
  return value;
}

Value convert(const toml::node& node) {
  Value value{.type = Value::Type::kOther};
  if (const toml::table* table = node.as_table())
    value = convert_table(*table);
  else if (const toml::array* array = node.as_array())
    value = convert_array(*array);
  else if (const auto* string = node.as_string())
    value = {.type = Value::Type::kString, .string = string->get()};
  else if (const auto* integer = node.as_integer())
    value = {.type = Value::Type::kInteger, .integer = integer->get()};
  else if (const auto* boolean = node.as_boolean())
    value = {.type = Value::Type::kBoolean, .boolean = boolean->get()};
  value.at = position(node.source());
  value.type_name = type_name(node);
  return value;
}

}  // namespace

Value parse_document(std::string_view text, Faults& faults) {
  try {
    return convert(toml::parse(text));
  } catch (const toml::parse_error& error) {
    faults.push_back(
        {.at = position(error.source()), .what = "not TOML: " + std::string(error.description())});
    return {};
  } catch (const ParserGaveUp&) {
    faults.push_back({.at = position_of_bad_header(text),
                      .what =
                          "not TOML: the name of a table was expected here, as in [volume] or "
                          "[[node]]; quote one that has other characters than A-Z a-z 0-9 _ -"});
    return {};
  }
}

}  // namespace bramble
