// SPDX-License-Identifier: Apache-2.0
// The value of a Host field, and the authority of a target (RFC 3986 §3.2, RFC 9110 §7.2).
#pragma once

#include <string_view>

namespace bramble::http {

// HOST or HOST:PORT, where HOST is a name, an IPv4 or an IPv6 in brackets; not empty, and without
// user information. A name may hold what RFC 3986 allows in a reg-name, but for the comma, which is
// what two Host fields look like when someone has joined them.
bool is_host(std::string_view text);

}  // namespace bramble::http
