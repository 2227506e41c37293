// SPDX-License-Identifier: Apache-2.0
#include "cluster/document.hh"

#define TOML_HEADER_ONLY 1  // no shared library that a fresh machine would lack
#include <toml++/toml.h>

namespace bramble {
namespace {

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
  }
}

}  // namespace bramble
