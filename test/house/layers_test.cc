// SPDX-License-Identifier: Apache-2.0
// The house's own law: includes point down the layers only.
//
//     base ← {net, cluster, ssh} ← {http, volume} ← {node, balance, provision, lab, drill} ← cli
//
// A room may include rooms of lower layers; siblings of one layer do not include each other, and
// within a room no two files include each other in a circle.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, int, std::less<>> kLayers = {
    {"base", 0}, {"net", 1},     {"cluster", 1},   {"ssh", 1}, {"http", 2},  {"volume", 2},
    {"node", 3}, {"balance", 3}, {"provision", 3}, {"lab", 3}, {"drill", 3}, {"cli", 4}};

std::string room_of(std::string_view file) { return std::string(file.substr(0, file.find('/'))); }

// "room/file.hh" → the files of ours that it includes, for every source file of the house.
std::map<std::string, std::set<std::string>> includes_of_the_house() {
  std::map<std::string, std::set<std::string>> includes;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(SOURCE_FOLDER)) {
    const std::string extension = entry.path().extension();
    if (extension != ".hh" && extension != ".cc") continue;
    const std::string file = fs::relative(entry.path(), SOURCE_FOLDER);
    const std::string text = read_file(entry.path()).value();
    std::set<std::string>& of_this = includes[file];
    for (std::string_view line : lines(text)) {
      constexpr std::string_view kInclude = "#include \"";
      if (!line.starts_with(kInclude)) continue;
      line.remove_prefix(kInclude.size());
      of_this.emplace(line.substr(0, line.find('"')));
    }
  }
  return includes;
}

TEST(Layers, EveryRoomHasItsPlace) {
  for (const fs::directory_entry& entry : fs::directory_iterator(SOURCE_FOLDER))
    EXPECT_TRUE(!entry.is_directory() || kLayers.contains(entry.path().filename().string()))
        << entry.path() << " is a room without a layer";
}

TEST(Layers, IncludesPointDown) {
  const auto includes = includes_of_the_house();
  ASSERT_GT(includes.size(), 20U) << "no house was found in " SOURCE_FOLDER;
  for (const auto& [file, included] : includes) {
    const std::string room = room_of(file);
    for (const std::string& target : included) {
      const std::string target_room = room_of(target);
      ASSERT_TRUE(kLayers.contains(target_room)) << file << " includes " << target;
      EXPECT_TRUE(room == target_room || kLayers.at(target_room) < kLayers.at(room))
          << file << " includes " << target << ": " << room << " may not know " << target_room;
    }
  }
}

TEST(Layers, NoFilesIncludeEachOtherInACircle) {
  const auto includes = includes_of_the_house();
  std::set<std::string> done;
  std::vector<std::string> path;
  const std::function<void(const std::string&)> visit = [&](const std::string& file) {
    for (std::size_t i = 0; i < path.size(); ++i)
      ASSERT_NE(path[i], file) << "a circle: "
                               << join({path.begin() + static_cast<long>(i), path.end()}, " → ");
    if (done.contains(file) || !includes.contains(file)) return;
    path.push_back(file);
    for (const std::string& target : includes.at(file)) visit(target);
    path.pop_back();
    done.insert(file);
  };
  for (const auto& [file, included] : includes) visit(file);
}

}  // namespace
}  // namespace bramble
