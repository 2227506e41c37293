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
    return bramble::run({.argv = {"sh", "-eu", "-c", begin_ + script.text},
                         .input = script.input.substr(0, input_max_)});
  }
  void cut_input_to(std::size_t bytes) { input_max_ = bytes; }
  void begin_with(std::string text) { begin_ = std::move(text); }

 private:
  std::string name_ = "here";
  std::size_t input_max_ = std::string::npos;
  std::string begin_;  // before each script
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

TEST(Host, AllMayEnterTheFoldersThatAPutMakes) {
  ThisMachine host;
  host.begin_with("umask 022\n");
  const std::string root = folder();
  ASSERT_TRUE(host.put(root + "/first/second/file", "x").ok());
  for (const std::string made : {"/first", "/first/second"}) {
    struct stat status = {};
    ASSERT_EQ(::stat((root + made).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0755U) << made;
  }
}

TEST(Host, PutsAnEmptyFile) {
  ThisMachine host;
  const std::string path = folder() + "/empty";
  ASSERT_TRUE(host.put(path, "").ok());
  EXPECT_EQ(*read_file(path), "");
}

TEST(Host, APutThatIsCutShortLeavesTheFileAsItWas) {
  ThisMachine host;
  const std::string path = folder() + "/program";
  ASSERT_TRUE(host.put(path, "the old one").ok());
  host.cut_input_to(3);
  const Result<void> put = host.put(path, "the new one");
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().what, "here: " + path + ": the connection ended within the file");
  EXPECT_EQ(*read_file(path), "the old one");
  EXPECT_FALSE(read_file(path + ".bramble-new").ok());
}

TEST(Host, APutThatFindsNoRoomLeavesNoPartOfTheFile) {
  ThisMachine host;
  const std::string path = folder() + "/program";
  ASSERT_TRUE(host.put(path, "the old one").ok());
  host.begin_with("trap '' XFSZ; ulimit -f 8\n");  // write(2) fails as on a full disk
  const Result<void> put = host.put(path, std::string(100'000, 'x'));
  ASSERT_FALSE(put.ok());
  EXPECT_TRUE(put.error().what.starts_with("here: cat: ")) << put.error().what;
  EXPECT_EQ(*read_file(path), "the old one");
  EXPECT_FALSE(read_file(path + ".bramble-new").ok());
}

TEST(Host, APutDoesNotWaitForEverForAConnectionThatIsGone) {
  FakeHost host("cluster01");
  host.answer("", "");
  ASSERT_TRUE(host.put("/etc/x", "x").ok());
  EXPECT_NE(host.asked().at(0).text.find("\ntimeout 240 cat >"), std::string::npos);
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
