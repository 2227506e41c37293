// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_volfile.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hh"

namespace bramble {
namespace {

struct Translator {
  std::string name;
  std::string type;
  std::map<std::string, std::string, std::less<>> options;
  std::vector<std::string> subvolumes;
  std::string text;

  std::string option(std::string_view key) const {
    const auto found = options.find(key);
    return found == options.end() ? "" : found->second;
  }
};

std::vector<Translator> parse(std::string_view volfile) {
  std::vector<Translator> all;
  for (const std::string_view line : lines(volfile)) {
    const std::vector<std::string_view> word = words(line);
    if (word.empty()) continue;
    if (word[0] == "volume") all.emplace_back();
    if (all.empty()) continue;
    Translator& here = all.back();
    here.text += fmt::format("{}\n", line);
    if (word[0] == "volume" && word.size() == 2) here.name = word[1];
    if (word[0] == "type" && word.size() == 2) here.type = word[1];
    if (word[0] == "option" && word.size() >= 2)
      here.options.emplace(word[1], word.size() > 2 ? word[2] : "");
    if (word[0] == "subvolumes") here.subvolumes.assign(word.begin() + 1, word.end());
  }
  return all;
}

// Whether all bricks hold the same files, as far as this part of the volume is concerned.
bool known(const Translator& part) {
  if (part.type == "cluster/distribute") return part.subvolumes.size() == 1;
  if (part.type == "cluster/replicate")
    return part.subvolumes.size() == kBricks && part.option("arbiter-count").empty() &&
           part.option("thin-arbiter").empty();
  return part.type == "protocol/client" || part.type == "features/utime" ||
         part.type == "debug/io-stats" || part.type.starts_with("performance/");
}

// quick-read keeps a small file's content with its inode, and gives it for another of the same size
// and time of modification, unless it is told to look at the time of change (ctime-invalidation),
// and to drop what a brick's event tells of (quick-read-cache-invalidation), where the writer's
// clock is behind and no time changes at all.
BrickVolfile alone(const Translator& client) {
  return {.name = client.name,
          .host = client.option("remote-host"),
          .path = client.option("remote-subvolume"),
          .text = fmt::format("{0}\n"
                              "volume {1}-quick-read\n"
                              "    type performance/quick-read\n"
                              "    option max-file-size {2}\n"
                              "    option cache-size 4MB\n"
                              "    option ctime-invalidation true\n"
                              "    option quick-read-cache-invalidation true\n"
                              "    subvolumes {1}\n"
                              "end-volume\n",
                              client.text, client.name, kReadBytesMax)};
}

// Of this replica; nothing of a part that is no brick.
std::vector<BrickVolfile> bricks_of(const Translator& replica,
                                    const std::vector<Translator>& parts) {
  std::vector<BrickVolfile> bricks;
  for (const std::string& name : replica.subvolumes) {
    const auto client = std::ranges::find(parts, name, &Translator::name);
    if (client != parts.end() && client->type == "protocol/client")
      bricks.push_back(alone(*client));
  }
  return bricks;
}

Result<void> have_times_of_changes(const std::vector<Translator>& parts) {
  if (std::ranges::count(parts, "features/utime", &Translator::type) == 1) return {};
  return failure("each brick has its own times (features.ctime)");
}

}  // namespace

Result<std::vector<BrickVolfile>> brick_volfiles(std::string_view volfile) {
  const std::vector<Translator> parts = parse(volfile);
  const auto count = [&](std::string_view type) {
    return std::ranges::count(parts, type, &Translator::type);
  };
  for (const Translator& part : parts)
    if (!known(part)) return failure(fmt::format("{} is a {}", part.name, part.type));
  if (count("cluster/replicate") != 1 || count("protocol/client") != kBricks)
    return failure("the volume is not one replica of three");
  TRY(have_times_of_changes(parts));
  auto bricks = bricks_of(*std::ranges::find(parts, "cluster/replicate", &Translator::type), parts);
  if (bricks.size() != kBricks) return failure("what the volume is a replica of are no bricks");
  return bricks;
}

Result<std::vector<BrickVolfile>> copy_volfiles(std::string_view volfile, std::string_view host,
                                                std::string_view path) {
  const std::vector<Translator> parts = parse(volfile);
  TRY(have_times_of_changes(parts));
  for (const Translator& part : parts) {
    if (part.type != "cluster/replicate") continue;
    std::vector<BrickVolfile> bricks = bricks_of(part, parts);
    for (const BrickVolfile& brick : bricks)
      if (brick.host == host && brick.path == path) return bricks;
  }
  return failure(fmt::format("the volume has no copy at {}:{}", host, path));
}

}  // namespace bramble
