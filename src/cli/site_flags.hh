// SPDX-License-Identifier: Apache-2.0
// What a [[site]] table says, as flags of `bramble serve`: for a folder without a file.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.hh"
#include "cluster/site.hh"

namespace bramble::cli {

struct SiteFlags {
  std::string file;  // -f: its tables; then none of the others is given
  std::vector<std::string> index, tries, methods, error_pages, redirects, headers, caching;
  std::string spa, listing, passwords;
  bool no_precompressed = false, no_compress = false;
};

// The flags must outlive the app's parsing.
void add_site_flags(CLI::App& serve, SiteFlags& flags);

// Errors of side kClient: what was given is faulty.
Result<std::vector<SiteOptions>> sites_of(const SiteFlags& flags);

}  // namespace bramble::cli
