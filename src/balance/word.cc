// SPDX-License-Identifier: Apache-2.0
#include "balance/word.hh"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace bramble::balance {
namespace {

constexpr double kHotCelsius = 80;  // where a Raspberry Pi begins to slow itself down
constexpr double kFreeLeast = 0.05;
constexpr double kVitalsSecondsMax = 30;
constexpr double kTroubled = 0.5;
constexpr double kStrengthLeast = 0.01;

// The member at the path, or null: never throws, whatever the document looks like.
const nlohmann::json& at(const nlohmann::json& document, std::initializer_list<const char*> path) {
  static const nlohmann::json kNull;
  const nlohmann::json* here = &document;
  for (const char* key : path) {
    if (!here->is_object()) return kNull;
    const auto found = here->find(key);
    if (found == here->end()) return kNull;
    here = &*found;
  }
  return *here;
}

double number(const nlohmann::json& value, double otherwise) {
  return value.is_number() ? value.get<double>() : otherwise;
}

void trouble(Word& word, const char* what) {
  word.strength *= kTroubled;
  word.says += (word.says.empty() ? "" : ", ") + std::string(what);
}

bool fresh(const nlohmann::json& vitals, WallTime now) {
  const std::chrono::duration<double> today = now.time_since_epoch();
  return std::abs(today.count() - number(at(vitals, {"time"}), 0)) <= kVitalsSecondsMax;
}

void take_vitals(const nlohmann::json& vitals, Word& word) {
  const nlohmann::json& throttled = at(vitals, {"throttling", "now"});
  if ((throttled.is_array() && !throttled.empty()) ||
      number(at(vitals, {"temperature_celsius"}), 0) >= kHotCelsius)
    trouble(word, "hot");
  if (number(at(vitals, {"brick", "heals_pending"}), 0) > 0) trouble(word, "healing");
  if (at(vitals, {"brick", "online"}) == false) trouble(word, "without its brick");
  const double total = number(at(vitals, {"brick", "total_bytes"}), 0);
  if (total > 0 && number(at(vitals, {"brick", "free_bytes"}), total) < total * kFreeLeast)
    trouble(word, "full");
}

}  // namespace

Word parse_word(std::string_view body, WallTime now) {
  const nlohmann::json document = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  Word word;
  if (!document.is_object()) return word;
  if (const nlohmann::json& vitals = at(document, {"vitals"}); fresh(vitals, now))
    take_vitals(vitals, word);
  const double weight = number(at(document, {"weight"}), 1);
  if (weight > 0 && weight < 1) word.strength *= weight;
  word.strength = std::max(word.strength, kStrengthLeast);
  word.draining = at(document, {"status"}) == "draining" || weight <= 0;
  return word;
}

}  // namespace bramble::balance
