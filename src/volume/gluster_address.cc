// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_address.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"

namespace bramble {
namespace {

bool made_of(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != also.npos;
  });
}

// "a//b/" → "a/b". Nothing where the path would leave the volume.
Result<std::string> folder_of(std::string_view path) {
  std::vector<std::string> names;
  for (std::string_view name : split(path, '/')) {
    if (name == "..") return failure(fmt::format("\"{}\": \"..\" has no place in a volume", path));
    if (!name.empty() && name != ".") names.emplace_back(name);
  }
  return join(names, "/");
}

}  // namespace

Result<GlusterAddress> parse_gluster_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  const std::string_view rest = colon == text.npos ? "" : text.substr(colon + 1);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view volume = rest.substr(0, slash);
  if (!made_of(host, ".-_") || !made_of(volume, "-_"))
    return failure(fmt::format(
        "\"{}\" is no volume: write HOST:VOLUME or HOST:VOLUME/PATH, such as localhost:web", text));
  return GlusterAddress{.host = std::string(host),
                        .volume = std::string(volume),
                        .path = TRY(folder_of(rest.substr(slash)))};
}

}  // namespace bramble
