// SPDX-License-Identifier: Apache-2.0
#include "provision/gluster.hh"

#include <fmt/format.h>

#include <optional>

#include "base/text.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

// The text of the next <tag>…</tag> at or behind `at`, which is moved behind it.
std::optional<std::string> next_tag(std::string_view xml, std::string_view tag, std::size_t& at) {
  const std::string open = fmt::format("<{}>", tag);
  const std::size_t begin = xml.find(open, at);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = xml.find(fmt::format("</{}>", tag), begin);
  if (end == std::string_view::npos) return std::nullopt;
  at = end;
  return std::string(xml.substr(begin + open.size(), end - begin - open.size()));
}

}  // namespace

VolumeInfo parse_volume_info(std::string_view text) {
  VolumeInfo info;
  info.name = value_of(text, "Volume Name");
  info.id = value_of(text, "Volume ID");
  info.started = value_of(text, "Status") == "Started";
  bool options = false;
  for (const std::string_view line : lines(text)) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("Options Reconfigured")) options = true;
    if (colon == std::string_view::npos) continue;
    const std::string value(trim(line.substr(colon + 2)));
    if (options)
      info.options[std::string(line.substr(0, colon))] = value;
    else if (line.starts_with("Brick") && value.find(":/") != std::string::npos)
      info.bricks.push_back(value.substr(0, value.find(' ')));
  }
  return info;
}

std::vector<Peer> parse_pool_list(std::string_view text) {
  std::vector<Peer> peers;
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> cells = words(line);
    if (cells.size() != 3 || cells[0] == "UUID") continue;
    peers.push_back({.uuid = std::string(cells[0]),
                     .name = std::string(cells[1]),
                     .connected = cells[2] == "Connected"});
  }
  return peers;
}

Error glusterd_is_silent(const std::string& machine) {
  return Error{.what = machine +
                       ": glusterd does not answer: see journalctl -u glusterd there, then run "
                       "`bramble up` again"};
}

std::vector<std::string> parse_offline_bricks(std::string_view xml) {
  std::vector<std::string> offline;
  std::size_t at = 0;
  while (true) {
    const auto host = next_tag(xml, "hostname", at);
    const auto path = host ? next_tag(xml, "path", at) : std::nullopt;
    const auto status = path ? next_tag(xml, "status", at) : std::nullopt;
    if (!status) return offline;
    if (path->starts_with('/') && *status != "1") offline.push_back(*host + ":" + *path);
  }
}

std::string with_glusterd_option(const std::string& volfile, const std::string& key,
                                 const std::string& value) {
  const std::string wanted = fmt::format("    option {} {}", key, value);
  std::string text;
  bool present = false;
  for (const std::string_view line : lines(volfile)) {
    const std::vector<std::string_view> parts = words(line);
    if (parts.size() >= 2 && parts[0] == "option" && parts[1] == key) {
      if (present) continue;
      text += wanted + "\n";
      present = true;
      continue;
    }
    if (trim(line) == "end-volume" && !present) text += wanted + "\n";
    text += fmt::format("{}\n", line);
  }
  return text;
}

}  // namespace bramble::provision
