// SPDX-License-Identifier: Apache-2.0
// What may stand in bramble.toml: one rule a kind of text. Each gives "" for a good text, else what
// is wrong with it and what would be right. All pure, save that time zones are looked up in the
// machine's own tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bramble {

// Of a backend; the least is 1.
inline constexpr int kWeightMax = 1000;
inline constexpr int kMaxConnectionsMax = 1'000'000;

bool is_token(std::string_view text);  // RFC 9110 §5.6.2
bool is_label(std::string_view text);  // of a host's name, RFC 1123, in lower case

// So that every file has as many copies as any other: three to five nodes each have one, from six
// on sets of three share.
inline constexpr std::size_t kNodesOfOneSetMax = 5;
inline constexpr std::size_t kNodesOfEachSet = 3;  // of several
std::string fault_of_node_count(std::size_t count);
std::size_t nodes_of_each_set(std::size_t count);  // of a count without fault

std::string fault_of_cluster_name(std::string_view text);
std::string fault_of_machine_name(std::string_view text);  // a label
std::string fault_of_address(std::string_view text);       // IPv4, one that a machine can have
std::string fault_of_listen(std::string_view text);        // IPv4:PORT
std::string fault_of_policy(std::string_view text);        // how a backend is chosen
std::string fault_of_hash_by(std::string_view text);       // "path", "header:NAME"
std::string fault_of_cookie(std::string_view text);        // a cookie's name
std::string fault_of_backend_name(std::string_view text);  // in logs, status and metrics
std::string fault_of_prefix(std::string_view text);        // IPv4, or IPv4/BITS
std::string fault_of_user(std::string_view text);
std::string fault_of_volume_name(std::string_view text);  // as GlusterFS takes it
std::string fault_of_device(std::string_view text);       // "/dev/…"
std::string fault_of_folder(std::string_view text);       // absolute, harmless to quote and mount

// Against `zoneinfo`, a folder like /usr/share/zoneinfo; where there is none, any zone is good.
std::string fault_of_timezone(std::string_view text, const std::string& zoneinfo);

// The four bytes of an IPv4 literal without leading zeros, as a number.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);

}  // namespace bramble
