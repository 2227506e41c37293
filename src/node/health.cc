// SPDX-License-Identifier: Apache-2.0
#include "node/health.hh"

#include <nlohmann/json.hpp>

namespace bramble {

std::string health_document(const HealthFacts& facts) {
  nlohmann::ordered_json document;
  document["name"] = facts.name;
  document["status"] = facts.trouble ? "unavailable" : "ok";
  if (facts.trouble) document["why"] = *facts.trouble;
  document["version"] = BRAMBLE_VERSION;
  document["uptime_seconds"] = facts.uptime_seconds;
  document["connections"] = facts.connections;
  document["requests"] = facts.requests;
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

}  // namespace bramble
