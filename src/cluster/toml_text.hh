// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bramble {

// A basic string of TOML, quotes included; also a key.
std::string toml_quoted(std::string_view text);

// "[\"a\", \"b\"]".
std::string toml_array(const std::vector<std::string>& texts);

}  // namespace bramble
