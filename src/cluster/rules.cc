// SPDX-License-Identifier: Apache-2.0
#include "cluster/rules.hh"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <system_error>
#include <vector>

#include "base/text.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::size_t kLabelMax = 63;  // RFC 1035 §2.3.4
constexpr std::size_t kUserMax = 32;   // useradd(8)
constexpr std::size_t kVolumeMax = 64;
// What `gluster volume create` refuses.
constexpr auto kVolumeNamesTaken = std::to_array<std::string_view>(
    {"activate-on-create", "all", "auto-delete", "description", "end-volume", "force", "option",
     "snap-max-hard-limit", "snap-max-soft-limit", "subvolumes", "type", "volume",
     "volume_not_in_ring"});

// Whether one of the bits from this one on is set; the first byte's highest bit is 0.
bool has_bits_behind(std::span<const std::uint8_t> bytes, std::size_t bits) {
  for (std::size_t i = bits; i < bytes.size() * 8; ++i)
    if ((bytes[i / 8] >> (7 - i % 8) & 1U) != 0) return true;
  return false;
}

bool made_of(std::string_view text, std::initializer_list<std::string_view> alphabets) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::any_of(alphabets.begin(), alphabets.end(), [&](std::string_view alphabet) {
      return alphabet.find(c) != std::string_view::npos;
    });
  });
}

bool in_network(std::uint32_t address, std::uint32_t network, int bits) {
  return (address ^ network) >> (32 - bits) == 0;
}

bool has_dotted_component(std::string_view path) {
  const std::vector<std::string_view> pieces = split(path, '/');
  return std::any_of(pieces.begin(), pieces.end(),
                     [](std::string_view piece) { return piece == "." || piece == ".."; });
}

// Every zone's name, like "Europe/Berlin".
std::vector<std::string> zones_in(const std::string& zoneinfo) {
  std::vector<std::string> zones;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(zoneinfo, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string zone = at->path().string().substr(zoneinfo.size() + 1);
    const bool is_zone = zone[0] >= 'A' && zone[0] <= 'Z' && !at->is_directory(failed);
    if (is_zone) zones.push_back(zone);
  }
  std::sort(zones.begin(), zones.end());
  return zones;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && made_of(text, {kLower, kUpper, kDigits, "!#$%&'*+-.^_`|~"});
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelMax && text.front() != '-' && text.back() != '-' &&
         made_of(text, {kLower, kDigits, "-"});
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  const std::vector<std::string_view> pieces = split(text, '.');
  if (pieces.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view piece : pieces) {
    const std::optional<std::uint64_t> byte = parse_number(piece);
    if (!byte || *byte > 255 || (piece.size() > 1 && piece[0] == '0')) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(*byte);
  }
  return address;
}

std::size_t nodes_of_each_set(std::size_t count) {
  return count <= kNodesOfOneSetMax ? count : kNodesOfEachSet;
}

std::string fault_of_node_count(std::size_t count) {
  if (count <= kNodesOfOneSetMax || count % kNodesOfEachSet == 0) return "";
  return fmt::format(
      "{} nodes cannot share a volume: use three, four or five (a copy on each), or a multiple of "
      "three (three copies of each file)",
      count);
}

std::string fault_of_cluster_name(std::string_view text) {
  if (is_label(text)) return "";
  return fmt::format(
      "bad cluster name \"{}\": use letters a-z, digits and inner hyphens, 63 at most", text);
}

std::string fault_of_machine_name(std::string_view text) {
  if (text == "localhost") return "bad name \"localhost\": every machine calls itself that";
  if (in_addr address{}; ::inet_aton(std::string(text).c_str(), &address) != 0)
    return fmt::format("bad name \"{}\": resolvers take it for an address", text);
  if (is_label(text)) return "";
  return fmt::format("bad name \"{}\": use letters a-z, digits and inner hyphens, 63 at most",
                     text);
}

std::string fault_of_address(std::string_view text) {
  const std::optional<std::uint32_t> address = parse_ipv4(text);
  if (!address)
    return fmt::format("bad address \"{}\": an IPv4 address, four numbers, is needed", text);
  if (in_network(*address, 0, 8) || in_network(*address, 0x7F000000, 8) || *address >= 0xE0000000)
    return fmt::format("bad address \"{}\": no other machine can reach it", text);
  if (in_network(*address, 0x0A4D0000, 24))
    return fmt::format("bad address \"{}\": 10.77.0.0/24 is the cluster's tunnel", text);
  return "";
}

std::string fault_of_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && parse_ipv4(text.substr(0, colon))) {
    const std::optional<std::uint64_t> port = parse_number(text.substr(colon + 1));
    if (port && *port >= 1 && *port <= 65535 && text[colon + 1] != '0') return "";
  }
  return fmt::format("bad listen address \"{}\": ADDRESS:PORT like \"0.0.0.0:80\" is needed", text);
}

std::string fault_of_policy(std::string_view text) {
  const std::vector<std::string_view> all = {"power-of-two", "least-connections", "round-robin",
                                             "hash"};
  if (std::find(all.begin(), all.end(), text) != all.end()) return "";
  return fmt::format("unknown policy \"{}\": one of {} is needed", text, fmt::join(all, ", "));
}

std::string fault_of_hash_by(std::string_view text) {
  constexpr std::string_view kHeader = "header:";
  if (text == "path") return "";
  if (text.starts_with(kHeader) && is_token(text.substr(kHeader.size()))) return "";
  return fmt::format("bad hash-by \"{}\": \"path\", or \"header:NAME\" is needed", text);
}

std::string fault_of_cookie(std::string_view text) {
  return is_token(text) ? "" : fmt::format("bad cookie name \"{}\": use letters and digits", text);
}

std::string fault_of_prefix(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string host(text.substr(0, slash));
  const bool v6 = host.find(':') != std::string::npos;
  const std::uint64_t most = v6 ? 128 : 32;
  std::array<std::uint8_t, 16> address{};
  const bool is_address = ::inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), address.data()) == 1;
  std::optional<std::uint64_t> bits = most;
  if (slash < text.size()) bits = parse_number(text.substr(slash + 1));
  const bool good = is_address && bits && *bits <= most && !has_bits_behind(address, *bits);
  return good ? ""
              : fmt::format(
                    "bad prefix \"{}\": an address like \"10.0.0.1\", or a prefix like "
                    "\"10.0.0.0/8\" without bits behind it, is needed",
                    text);
}

std::string fault_of_backend_name(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c >= 127 || c == '"' || c == '=')
      return fmt::format("bad name \"{}\": use printable ASCII without blanks, \" and =", text);
  return text.empty() ? "an empty name says nothing: leave it away" : "";
}

std::string fault_of_user(std::string_view text) {
  const bool good = !text.empty() && text.size() <= kUserMax &&
                    made_of(text.substr(0, 1), {kLower, kUpper, "_"}) &&
                    made_of(text, {kLower, kUpper, kDigits, "_.-"});
  return good ? "" : fmt::format("bad user \"{}\": a login name like \"pi\" is needed", text);
}

std::string fault_of_volume_name(std::string_view text) {
  const bool good = !text.empty() && text.size() <= kVolumeMax &&
                    made_of(text.substr(0, 1), {kLower, kUpper, kDigits}) &&
                    made_of(text, {kLower, kUpper, kDigits, "-_"});
  if (text == "brick") return "bad volume name \"brick\": /srv/brick is where the bricks lie";
  if (std::ranges::find(kVolumeNamesTaken, text) != kVolumeNamesTaken.end())
    return fmt::format("bad volume name \"{}\": it is a word of GlusterFS", text);
  return good ? ""
              : fmt::format("bad volume name \"{}\": use letters, digits, hyphens and underscores",
                            text);
}

std::string fault_of_device(std::string_view text) {
  const bool good = text.starts_with("/dev/") && text.size() > 5 && !has_dotted_component(text) &&
                    made_of(text, {kLower, kUpper, kDigits, "/_.:+-"});
  return good ? "" : fmt::format("bad device \"{}\": a path like \"/dev/sda\" is needed", text);
}

std::string fault_of_folder(std::string_view text) {
  constexpr std::array kPassing = {"/tmp", "/run", "/dev", "/proc", "/sys"};
  for (const std::string_view passing : kPassing)
    if (text == passing || (text.starts_with(passing) && text[passing.size()] == '/'))
      return fmt::format(
          "bad path \"{}\": what lies in {} is gone after a boot, take one like \"/srv/brick\"",
          text, passing);
  const bool good = text.starts_with('/') && text.size() > 1 && !text.ends_with('/') &&
                    !has_dotted_component(text) && text.find("//") == std::string_view::npos &&
                    made_of(text, {kLower, kUpper, kDigits, "/_.+-"});
  return good ? ""
              : fmt::format(
                    "bad path \"{}\": an absolute path of a folder like \"/srv/brick\" "
                    "is needed",
                    text);
}

std::string fault_of_timezone(std::string_view text, const std::string& zoneinfo) {
  const bool plausible = !text.empty() && !has_dotted_component(text) &&
                         made_of(text, {kLower, kUpper, kDigits, "/_+-"});
  const std::vector<std::string> zones = zones_in(zoneinfo);
  if (zones.empty() && plausible) return "";
  if (std::binary_search(zones.begin(), zones.end(), text)) return "";
  const std::optional<std::string_view> meant = nearest(text, {zones.begin(), zones.end()});
  if (meant) return fmt::format("unknown time zone \"{}\", did you mean \"{}\"?", text, *meant);
  return fmt::format("unknown time zone \"{}\": one like \"Europe/Berlin\" is needed", text);
}

}  // namespace bramble
