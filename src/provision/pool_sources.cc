// SPDX-License-Identifier: Apache-2.0
#include "provision/pool_sources.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/plan_text.hh"
#include "provision/pool.hh"
#include "provision/report.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// "accused": how many files each brick lacks, as "COUNT NUMBER", by its number in the volume. In
// the index a folder is a symlink to itself, and a symlink is one.
constexpr std::string_view kLook = R"sh(
section filling
[ ! -e "$mark" ] || echo yes
if cd "$folder/.glusterfs" 2>/dev/null; then
  section present
  echo yes
  section accused
  index() {
    find indices/xattrop -type f -printf '%f\n' 2>/dev/null |
      sed "s|^\(..\)\(..\).*|\1/\2/&$1|"
  }
  pending() { xargs -r getfattr "$@" -m '^trusted\.afr\.' -d -e hex 2>/dev/null || true; }
  { index '' | pending -h; index /. | pending; } |
    sed -n 's/^trusted\.afr\..*-client-\([0-9]*\)=0x0*[1-9a-f].*/\1/p' | sort | uniq -c
fi
)sh";

constexpr std::chrono::minutes kLookMax{10};  // some 3,000 files a second on a small machine

// Another brick of the lost one's set.
struct Copy {
  std::string node;
  std::size_t number = 0;  // in the volume
  Report look{""};

  std::uint64_t accuses(std::size_t other) const {
    for (const std::string_view line : lines(look["accused"])) {
      const std::vector<std::string_view> cells = words(line);
      if (cells.size() == 2 && parse_number(cells[1]) == other)
        return parse_number(cells[0]).value_or(0);
    }
    return 0;
  }
};

std::string node_of(const std::string& brick) { return brick.substr(0, brick.find(':')); }

Result<std::vector<Copy>> look_at_copies(const Site& site, std::size_t lost,
                                         const std::vector<std::string>& bricks) {
  const std::string script =
      fmt::format("folder={}\nmark={}\n{}{}", shell_quote(brick_folder(site.cluster().volume)),
                  kBrickToFill, kSection, kLook);
  const std::size_t replicas = TRY(volume_shape(site.cluster())).replicas;
  const std::size_t first = lost / replicas * replicas;
  std::vector<Copy> copies;
  for (std::size_t i = first; i < std::min(first + replicas, bricks.size()); ++i) {
    if (i == lost) continue;
    const std::string other = node_of(bricks[i]);
    copies.push_back(
        {.node = other,
         .number = i,
         .look = Report(TRY(site.host(other).sh({.text = script, .timeout = kLookMax})))});
  }
  return copies;
}

std::string lack_of(const Copy& copy, const std::vector<Copy>& all) {
  if (copy.look["present"].empty()) return fmt::format("the brick of {} is not mounted", copy.node);
  for (const Copy& other : all)
    if (const std::uint64_t files = other.accuses(copy.number); files > 0)
      return fmt::format("{} lacks changes of {}, says {}", copy.node, count_of(files, "file"),
                         other.node);
  return copy.look["filling"].empty() ? "" : copy.node + " was being healed itself";
}

}  // namespace

Result<Source> find_source(const Site& site, const std::string& node,
                           const std::vector<std::string>& bricks) {
  Source source;
  source.number =
      static_cast<std::size_t>(std::ranges::find(bricks, node, node_of) - bricks.begin());
  const std::vector<Copy> copies = TRY(look_at_copies(site, source.number, bricks));
  std::vector<std::string> lacks, filling;
  for (const Copy& copy : copies) {
    lacks.push_back(lack_of(copy, copies));
    if (!lacks.back().empty()) source.lacking.push_back(copy.node);
    if (lacks.back().empty() && source.node.empty()) source.node = copy.node;
    if (!copy.look["filling"].empty()) filling.push_back(copy.node);
    if (!copy.look["present"].empty()) source.others.push_back(copy.node);
  }
  if (source.node.empty() && filling.empty() && !source.others.empty())
    source.node = source.others.front();
  if (!source.node.empty()) return source;
  if (source.others.size() < copies.size())
    return failure(
        fmt::format("nobody is known to have all files to fill {} with: {}: let those be mounted "
                    "first that are not",
                    node, join(lacks, "; ")));
  return failure(fmt::format(
      "{0} is not filled: it may be the only one that had some of the files ({1}). Put its old "
      "disk back if you can, and let them heal; another node is safe to replace when `bramble "
      "status` counts 0 files to heal. If that disk is lost, so is what the others lack: remove "
      "{2} from {3}, and run `bramble up` again",
      node, join(lacks, "; "), kBrickToFill, join(filling, " and ")));
}

}  // namespace bramble::provision
