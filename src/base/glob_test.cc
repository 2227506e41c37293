// SPDX-License-Identifier: Apache-2.0
#include "base/glob.hh"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace bramble {
namespace {

struct Case {
  const char* glob;
  const char* path;
  bool matches;
};

TEST(Glob, MatchesAsTold) {
  const Case cases[] = {{"/a", "/a", true},
                        {"/a", "/ab", false},
                        {"/a", "/", false},
                        {"/?", "/a", true},
                        {"/?", "/ab", false},
                        {"/a?b", "/a/b", false},
                        {"/*", "/", true},
                        {"/*", "/abc", true},
                        {"/*", "/a/b", false},
                        {"/*/b", "/a/b", true},
                        {"/*/b", "//b", true},
                        {"/a*c", "/abcbc", true},
                        {"/a*c", "/ab/c", false},
                        {"/a*b*c", "/aXbXbc", true},
                        {"/a/**", "/a/", true},
                        {"/a/**", "/a/b/c", true},
                        {"/a/**", "/a", false},
                        {"/a/**", "/ab", false},
                        {"/**", "/a/b", true},
                        {"**", "anything/at all", true},
                        {"/a/**/b", "/a/b", true},
                        {"/a/**/b", "/a/x/b", true},
                        {"/a/**/b", "/a/x/y/b", true},
                        {"/a/**/b", "/a/xb", false},
                        {"/**/*.css", "/a.css", true},
                        {"/**/*.css", "/x/y/a.css", true},
                        {"/**/x/*.css", "/x/x/a/x/b.css", true},
                        {"/**/x/*.css", "/x/x/a/x/b/c.css", false},
                        {"/a**b", "/a/x/b", true},
                        {"*.css", "/x/y/a.css", true},
                        {"*.css", "/a.css/b", false},
                        {"*.css", "/.css", true},
                        {"index.html", "/a/index.html", true},
                        {"*", "/a/b", true},
                        {"?", "/a/b", true},
                        {"*b", "/a/", false},
                        {"/[a]", "/a", false},
                        {"/**/a/**/b", "/x/a/y/a/z/b", true},
                        {"/**/a*b/**/c", "/a/axb/x/c", true},
                        {"/***", "/a/b", true}};
  for (const Case& one : cases)
    EXPECT_EQ(glob_matches(one.glob, one.path), one.matches) << one.glob << " and " << one.path;
}

// The definition, however long it takes.
bool by_definition(std::string_view glob, std::string_view path, char before = '\0') {
  if (glob.empty()) return path.empty();
  if (before == '/' && glob.starts_with("**/") && by_definition(glob.substr(3), path, '/'))
    return true;
  if (glob.starts_with("**")) {
    for (std::size_t i = 0; i <= path.size(); ++i)
      if (by_definition(glob.substr(2), path.substr(i), '*')) return true;
    return false;
  }
  if (glob[0] == '*') {
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (by_definition(glob.substr(1), path.substr(i), '*')) return true;
      if (i < path.size() && path[i] == '/') return false;
    }
    return false;
  }
  if (path.empty()) return false;
  if (glob[0] != path[0] && (glob[0] != '?' || path[0] == '/')) return false;
  return by_definition(glob.substr(1), path.substr(1), glob[0]);
}

TEST(Glob, ARandomOneMatchesWhatItsDefinitionSays) {
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  const auto text = [&](std::string_view alphabet, std::size_t most) {
    std::string all = "/";
    for (std::size_t i = random() % most; i > 0; --i) all += alphabet[random() % alphabet.size()];
    return all;
  };
  for (int i = 0; i < 100'000; ++i) {
    const std::string glob = text("ab/**?", 9), path = text("ab/", 9);
    ASSERT_EQ(glob_matches(glob, path), by_definition(glob, path))
        << glob << " and " << path << ", seed " << seed;
  }
}

TEST(Glob, ManyStarsTakeNoLongTime) {
  std::string glob = "/";
  for (int i = 0; i < 30; ++i) glob += "*a";
  EXPECT_FALSE(glob_matches(glob, "/" + std::string(10'000, 'a') + "b"));
  glob = "";
  for (int i = 0; i < 30; ++i) glob += "/**/a";
  std::string path;
  for (int i = 0; i < 1'000; ++i) path += "/a";
  EXPECT_FALSE(glob_matches(glob, path + "/b"));
}

}  // namespace
}  // namespace bramble
