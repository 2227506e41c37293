// SPDX-License-Identifier: Apache-2.0
// What of a request says where it should go: the key of `--policy hash`, and the cookie of
// `--sticky`, which holds the hash of a backend's name. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "balance/picker.hh"
#include "base/result.hh"
#include "http/request_head.hh"

namespace bramble::balance {

struct HashBy {
  std::string header;  // "": by the path, without its query
};

struct AffinityOptions {
  std::optional<HashBy> hash_by;
  std::string cookie;  // "": not sticky
};

// "path", or "header:NAME".
Result<HashBy> parse_hash_by(std::string_view text);

// A cookie's name is a token (RFC 6265 §4.1.1).
bool is_cookie_name(std::string_view text);

// A request without that header has no key, and goes as power-of-two chooses.
Preference preference_of(const http::RequestHead& head, const AffinityOptions& options);

// The value of the Set-Cookie field that makes a visitor stay with the backend of that identity.
std::string sticky_cookie(std::string_view cookie, std::uint64_t identity);

}  // namespace bramble::balance
