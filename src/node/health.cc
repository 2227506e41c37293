// SPDX-License-Identifier: Apache-2.0
#include "node/health.hh"

#include <nlohmann/json.hpp>

namespace bramble {
namespace {

// Also where the volume is reached late. After that, its bricks do not tell.
constexpr std::uint64_t kFirstSeconds = 300;

nlohmann::ordered_json cache_document(const CacheFigures& cache, bool stale) {
  nlohmann::ordered_json document;
  document["hits"] = cache.hits;
  document["misses"] = cache.misses;
  const std::uint64_t opens = cache.hits + cache.misses;
  document["hit_rate"] = nullptr;
  if (opens > 0)
    document["hit_rate"] = static_cast<double>(cache.hits) / static_cast<double>(opens);
  document["stale_hits"] = cache.stale_hits;
  document["stale"] = stale;
  document["events"] = cache.events;
  document["distrusted"] = cache.distrusted;
  document["names"] = cache.names;
  document["memory_bytes"] = cache.memory_bytes;
  document["copies"] = cache.copies;
  document["copy_bytes"] = cache.copy_bytes;
  document["bricks"] = cache.bricks;
  document["bricks_connected"] = cache.bricks_connected;
  return document;
}

}  // namespace

std::string health_document(const HealthFacts& facts) {
  nlohmann::ordered_json document;
  document["name"] = facts.name;
  document["status"] = facts.trouble ? "unavailable" : "ok";
  if (facts.trouble) document["why"] = *facts.trouble;
  document["version"] = BRAMBLE_VERSION;
  document["uptime_seconds"] = facts.uptime_seconds;
  document["connections"] = facts.connections;
  document["requests"] = facts.requests;
  if (facts.cache) document["cache"] = cache_document(*facts.cache, facts.stale);
  if (!facts.vitals.empty()) {
    auto vitals = nlohmann::ordered_json::parse(facts.vitals, nullptr, /*allow_exceptions=*/false);
    if (vitals.is_discarded())
      document["vitals_error"] = "the vitals file is no JSON";
    else
      document["vitals"] = std::move(vitals);
  }
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;  // never throws
  return document.dump(-1, ' ', false, kReplace) + "\n";
}

bool awaits_an_event(const std::string& health_document) {
  const auto told = nlohmann::json::parse(health_document, nullptr, /*allow_exceptions=*/false);
  if (!told.is_object()) return false;
  const auto number = [&](const char* place) {
    const nlohmann::json::json_pointer at(place);
    const nlohmann::json value = told.contains(at) ? told.at(at) : nlohmann::json();
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
  };
  const std::optional<std::uint64_t> uptime = number("/uptime_seconds");
  return uptime && *uptime < kFirstSeconds && number("/cache/events") == 0U;
}

}  // namespace bramble
