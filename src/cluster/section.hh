// SPDX-License-Identifier: Apache-2.0
// One table of bramble.toml while it is read: gives its values by key, and notes as faults what has
// the wrong type, what breaks its rule, and, when it is done, every key that nobody asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.hh"

namespace bramble {

using Rule = std::function<std::string(std::string_view)>;  // "" for a good text, else its fault

// A text of the file, and where it stands.
struct Text {
  std::string text;
  Position at;
};

// One entry of a table of strings.
struct NamedString {
  Text name;
  Text text;
};

// What a number may be, both ends included.
struct Span {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

class Section {
 public:
  // `name` is how faults call it: "[volume]", "[[node]]", "the file". Both outlive it.
  Section(const Value& table, std::string name, Faults& faults)
      : table_(table), name_(std::move(name)), faults_(faults) {}

  Position at() const { return table_.at; }
  void fault(Position at, std::string what) { faults_.push_back({at, std::move(what)}); }

  // Nothing where the key is missing or its value is faulty; a fault is noted then.
  std::optional<Text> string(std::string_view key, const Rule& rule);
  std::optional<Text> required_string(std::string_view key, const Rule& rule,
                                      std::string_view example);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, const Span& span);
  std::vector<Text> strings(std::string_view key, const Rule& rule);       // an array of strings
  std::vector<Text> some_strings(std::string_view key, const Rule& rule);  // not an empty one

  // A table of strings, whatever their keys; without those that break a rule.
  std::vector<NamedString> named_strings(std::string_view key, const Rule& name_rule,
                                         const Rule& rule);

  const Value* table(std::string_view key, std::string_view example = "");
  // An array of tables; within: the name of the table that it stands in, where it does.
  std::vector<const Value*> tables(std::string_view key, std::string_view within = "");

  // Whether the key stands there, whatever its value.
  const Entry* find(std::string_view key);
  void missing(std::string_view key, std::string_view example);

  // To be called last.
  void tell_unknown_keys();

 private:
  const Value* typed(std::string_view key, Value::Type type, std::string_view needed);
  std::optional<Text> good_text(Text text, const Rule& rule);
  void wrong_type(std::string_view key, const Value& value, std::string_view needed);

  const Value& table_;
  std::string name_;
  Faults& faults_;
  std::vector<std::string_view> known_;
};

}  // namespace bramble
