// SPDX-License-Identifier: Apache-2.0
// The sites of a web server by the host that is asked for: "example.org" itself, else the longest
// "*.example.org" that it ends with, else "*". Immutable: any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/site.hh"

namespace bramble {

class SiteTable {
 public:
  explicit SiteTable(std::vector<SiteOptions> sites);
  SiteTable(const SiteTable&) = delete;
  SiteTable& operator=(const SiteTable&) = delete;

  // host: as in a request, with a port or without, in any case of letters, with a dot at its end or
  // without. nullptr: no site has that name. Lives as long as this.
  const SiteOptions* find(std::string_view host) const;

  const std::vector<SiteOptions>& sites() const { return sites_; }

 private:
  const std::vector<SiteOptions> sites_;
  std::map<std::string, const SiteOptions*, std::less<>> by_host_;  // "*.example.org" with its star
  const SiteOptions* any_ = nullptr;                                // of the host "*"
};

}  // namespace bramble
