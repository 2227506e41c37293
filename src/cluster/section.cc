// SPDX-License-Identifier: Apache-2.0
#include "cluster/section.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"

namespace bramble {

const Entry* Section::find(std::string_view key) {
  known_.push_back(key);
  for (const Entry& entry : table_.entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

void Section::missing(std::string_view key, std::string_view example) {
  fault(table_.at, fmt::format("{} lacks \"{}\": add {}", name_, key, example));
}

void Section::wrong_type(std::string_view key, const Value& value, std::string_view needed) {
  fault(value.at, fmt::format("\"{}\" must be {}, not {}", key, needed, value.type_name));
}

const Value* Section::typed(std::string_view key, Value::Type type, std::string_view needed) {
  const Entry* entry = find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value.type == type) return &entry->value;
  wrong_type(key, entry->value, needed);
  return nullptr;
}

std::optional<Text> Section::good_text(Text text, const Rule& rule) {
  if (std::string wrong = rule(text.text); !wrong.empty()) {
    fault(text.at, std::move(wrong));
    return std::nullopt;
  }
  return text;
}

std::optional<Text> Section::string(std::string_view key, const Rule& rule) {
  const Value* value = typed(key, Value::Type::kString, "a string");
  if (value == nullptr) return std::nullopt;
  return good_text({value->string, value->at}, rule);
}

std::optional<Text> Section::required_string(std::string_view key, const Rule& rule,
                                             std::string_view example) {
  std::optional<Text> text = string(key, rule);
  if (find(key) == nullptr) missing(key, fmt::format("{} = \"{}\"", key, example));
  return text;
}

std::optional<std::int64_t> Section::integer(std::string_view key, const Span& span) {
  const Value* value = typed(key, Value::Type::kInteger, "an integer");
  if (value == nullptr) return std::nullopt;
  if (value->integer >= span.least && value->integer <= span.most) return value->integer;
  fault(value->at, fmt::format("\"{}\" must be from {} to {}, not {}", key, span.least, span.most,
                               value->integer));
  return std::nullopt;
}

std::optional<bool> Section::boolean(std::string_view key) {
  const Value* value = typed(key, Value::Type::kBoolean, "true or false");
  if (value == nullptr) return std::nullopt;
  return value->boolean;
}

std::vector<Text> Section::strings(std::string_view key, const Rule& rule) {
  const Value* list = typed(key, Value::Type::kArray, "an array of strings");
  std::vector<Text> all;
  if (list == nullptr) return all;
  for (const Value& value : list->array) {
    if (value.type != Value::Type::kString)
      fault(value.at,
            fmt::format("\"{}\" must be an array of strings, not of {}", key, value.type_name));
    else if (std::optional<Text> text = good_text({value.string, value.at}, rule))
      all.push_back(*std::move(text));
  }
  return all;
}

std::vector<NamedString> Section::named_strings(std::string_view key, const Rule& name_rule,
                                                const Rule& rule) {
  const Value* table = typed(key, Value::Type::kTable, "a table of strings");
  std::vector<NamedString> all;
  if (table == nullptr) return all;
  if (table->entries.empty())
    fault(table->at, fmt::format("\"{}\" is empty: name one at least, or leave it out", key));
  for (const Entry& entry : table->entries) {
    if (entry.value.type != Value::Type::kString) {
      wrong_type(entry.key, entry.value, "a string");
      continue;
    }
    std::optional<Text> name = good_text({entry.key, entry.at}, name_rule);
    std::optional<Text> text = good_text({entry.value.string, entry.value.at}, rule);
    if (name && text) all.push_back({*std::move(name), *std::move(text)});
  }
  return all;
}

std::vector<Text> Section::some_strings(std::string_view key, const Rule& rule) {
  const Entry* list = find(key);
  if (list != nullptr && list->value.type == Value::Type::kArray && list->value.array.empty())
    fault(list->value.at, fmt::format("\"{}\" is empty: name one at least, or leave it out", key));
  return strings(key, rule);
}

const Value* Section::table(std::string_view key, std::string_view example) {
  return typed(
      key, Value::Type::kTable,
      example.empty() ? fmt::format("a table, [{}]", key) : fmt::format("a table, {}", example));
}

std::vector<const Value*> Section::tables(std::string_view key, std::string_view within) {
  const std::string needed =
      fmt::format("an array of tables, [[{}{}{}]]", within, within.empty() ? "" : ".", key);
  const Value* list = typed(key, Value::Type::kArray, needed);
  std::vector<const Value*> all;
  if (list == nullptr) return all;
  if (list->array.empty() && !within.empty())
    fault(list->at, fmt::format("\"{}\" is empty: name one at least, or leave it out", key));
  for (const Value& value : list->array) {
    if (value.type == Value::Type::kTable)
      all.push_back(&value);
    else
      wrong_type(key, value, needed);
  }
  return all;
}

void Section::tell_unknown_keys() {
  std::sort(known_.begin(), known_.end());
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  for (const Entry& entry : table_.entries) {
    if (std::binary_search(known_.begin(), known_.end(), entry.key)) continue;
    if (const std::optional<std::string_view> meant = nearest(entry.key, known_))
      fault(entry.at, fmt::format("unknown key \"{}\", did you mean \"{}\"?", entry.key, *meant));
    else
      fault(entry.at, fmt::format("unknown key \"{}\": {} has {}", entry.key, name_,
                                  fmt::join(known_, ", ")));
  }
}

}  // namespace bramble
