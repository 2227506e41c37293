// SPDX-License-Identifier: Apache-2.0
#include "lab/mirror.hh"

#include <algorithm>

#include "base/text.hh"

namespace bramble::lab {
namespace {

constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

std::vector<PackageSource> public_sources(const std::string& suite) {
  return {{"http://deb.debian.org/debian", suite},
          {"http://deb.debian.org/debian", suite + "-updates"},
          {"http://deb.debian.org/debian-security", suite + "-security"}};
}

}  // namespace

std::vector<PackageSource> package_sources(std::string_view index_targets, std::string_view suite) {
  const std::string name(suite);
  std::vector<PackageSource> found;
  for (const std::string_view line : lines(index_targets)) {
    const std::vector<std::string_view> field = words(line);
    if (field.size() != 4 || field[2] != "main" || field[3] != "Debian") continue;
    if (field[1] != name && field[1] != name + "-updates" && field[1] != name + "-security")
      continue;
    PackageSource source{std::string(field[0]), std::string(field[1])};
    if (std::find(found.begin(), found.end(), source) == found.end())
      found.push_back(std::move(source));
  }
  const auto itself = std::find_if(found.begin(), found.end(),
                                   [&](const PackageSource& s) { return s.release == name; });
  if (itself == found.end()) return public_sources(name);
  std::rotate(found.begin(), itself, itself + 1);
  return found;
}

std::string sources_list(const std::vector<PackageSource>& sources) {
  std::string list;
  for (const PackageSource& source : sources)
    list += std::string("deb [signed-by=") + kKeyring + "] " + source.uri + ' ' + source.release +
            " main\n";
  return list;
}

}  // namespace bramble::lab
