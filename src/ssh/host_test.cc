// SPDX-License-Identifier: Apache-2.0
#include "ssh/host.hh"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.hh"
#include "ssh/fake_host.hh"

namespace bramble {
namespace {

// Runs scripts here.
class ThisMachine final : public Host {
 public:
  const std::string& name() const override { return name_; }
  Result<Outcome> run(const Script& script) override {
    return bramble::run({.argv = {"sh", "-eu", "-c", script.text}, .input = script.input});
  }

 private:
  std::string name_ = "here";
};

std::string folder() {
  std::string path = testing::TempDir() + "hostXXXXXX";
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  return path;
}

TEST(Host, PutsAFileWithItsContentAndModeIntoAFolderThatItMakes) {
  ThisMachine host;
  const std::string path = folder() + "/a b/it's";
  const std::string content("first\n\0second\nno line end", 26);
  ASSERT_TRUE(host.put(path, content, 0640).ok());
  EXPECT_EQ(*read_file(path), content);
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  ASSERT_TRUE(host.put(path, "shorter").ok());
  EXPECT_EQ(*read_file(path), "shorter");
}

TEST(Host, PutsAnEmptyFile) {
  ThisMachine host;
  const std::string path = folder() + "/empty";
  ASSERT_TRUE(host.put(path, "").ok());
  EXPECT_EQ(*read_file(path), "");
}

TEST(Host, APutThatFailsSaysWhere) {
  ThisMachine host;
  const Result<void> put = host.put("/proc/nothing/here", "x");
  ASSERT_FALSE(put.ok());
  EXPECT_TRUE(put.error().what.starts_with("here: mkdir: ")) << put.error().what;
}

TEST(Host, AFailedScriptIsAnErrorWithItsOwnLastWords) {
  FakeHost host("cluster01");
  host.answer("mount", Outcome{.status = 32, .out = "noise", .err = "mount: no such device\n"});
  host.answer("quiet", Outcome{.status = 3});
  EXPECT_EQ(host.sh("mount /x").error().what, "cluster01: mount: no such device");
  EXPECT_EQ(host.sh("quiet").error().what, "cluster01: a script ended with exit status 3");
}

TEST(Host, AGoodScriptGivesItsOutput) {
  FakeHost host("cluster01");
  host.answer("uname", "Linux\n");
  EXPECT_EQ(*host.sh("uname"), "Linux\n");
  EXPECT_EQ(host.asked().at(0).text, "uname");
}

}  // namespace
}  // namespace bramble
