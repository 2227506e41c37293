// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bramble::lab {

// One place that the packages of a Debian release come from.
struct PackageSource {
  std::string uri;
  std::string release;  // "bookworm", "bookworm-updates", "bookworm-security"
  bool operator==(const PackageSource&) const = default;
};

// apt-get indextargets prints lines in this format.
inline constexpr const char* kIndexFormat = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)";

// The machine's own Debian sources of the suite, the suite itself first; Debian's public ones where
// the machine has none of it.
std::vector<PackageSource> package_sources(std::string_view index_targets, std::string_view suite);

std::string sources_list(const std::vector<PackageSource>& sources);

}  // namespace bramble::lab
