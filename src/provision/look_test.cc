// SPDX-License-Identifier: Apache-2.0
#include "provision/look.hh"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file.hh"
#include "base/process.hh"

namespace bramble::provision {
namespace {

Look look_here(const std::string& script) {
  return Look::parse(*run_ok({"sh", "-eu", "-c", script}));
}

TEST(Look, ScriptsOfItsPiecesAreUnderstood) {
  std::string folder = testing::TempDir() + "lookXXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/file";
  ASSERT_TRUE(write_file(file, "first\n\n@third=x\n|fourth, no end").ok());
  const Look look =
      look_here(tell_value("sum", "echo $((6 * 7))") + tell_value("broken", "echo half; false") +
                tell_whether("here", "[ -d /proc ]") + tell_whether("there", "false") +
                tell_file(file) + tell_file(folder + "/none") + tell_value("last", "echo a=b"));
  EXPECT_EQ(look.value("sum"), "42");
  EXPECT_EQ(look.value("broken"), "half");
  EXPECT_EQ(look.value("last"), "a=b");
  EXPECT_EQ(look.value("unknown"), "");
  EXPECT_TRUE(look.is("here"));
  EXPECT_FALSE(look.is("there"));
  EXPECT_EQ(look.file(file), "first\n\n@third=x\n|fourth, no end\n");
  EXPECT_EQ(look.file(folder + "/none"), std::nullopt);
}

TEST(Look, AnEmptyFileIsAFile) {
  EXPECT_EQ(Look::parse("@/etc/empty\nkey=value\n").file("/etc/empty"), "");
}

}  // namespace
}  // namespace bramble::provision
