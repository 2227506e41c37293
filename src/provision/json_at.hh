// SPDX-License-Identifier: Apache-2.0
// Values of a document that may lack them: machines of another version may say other things.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace bramble::provision {

using Json = nlohmann::ordered_json;

// What stands at the path ("/vitals/time"), or null.
inline Json at(const Json& document, const char* path) {
  const Json::json_pointer pointer(path);
  return document.contains(pointer) ? document.at(pointer) : Json();
}

inline std::optional<double> number_at(const Json& document, const char* path) {
  const Json value = at(document, path);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

inline std::uint64_t count_at(const Json& document, const char* path) {
  const std::optional<double> value = number_at(document, path);
  return value && *value > 0 ? static_cast<std::uint64_t>(*value) : 0;
}

inline std::string text_at(const Json& document, const char* path) {
  const Json value = at(document, path);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace bramble::provision
