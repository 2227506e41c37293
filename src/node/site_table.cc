// SPDX-License-Identifier: Apache-2.0
#include "node/site_table.hh"

#include <utility>

#include "base/text.hh"

namespace bramble {
namespace {

std::string name_of(std::string_view host) {
  const std::size_t bracket = host.rfind(']');  // of an IPv6 address
  const std::size_t colon = host.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return to_lower(host);
}

}  // namespace

SiteTable::SiteTable(std::vector<SiteOptions> sites) : sites_(std::move(sites)) {
  for (const SiteOptions& site : sites_) by_host_.emplace(site.host, &site);
  if (const auto any = by_host_.find("*"); any != by_host_.end()) any_ = any->second;
}

const SiteOptions* SiteTable::find(std::string_view host) const {
  if (any_ != nullptr && by_host_.size() == 1) return any_;
  const std::string name = name_of(host);
  if (const auto exact = by_host_.find(name); exact != by_host_.end() && name != "*")
    return exact->second;
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
    if (const auto below = by_host_.find("*" + name.substr(dot));
        below != by_host_.end() && dot > 0)
      return below->second;
  return any_;
}

}  // namespace bramble
