// SPDX-License-Identifier: Apache-2.0
// What every command does alike: bad usage, and results that cannot be written.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

#include "child_process.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kCluster = R"(name = "berry"
[[node]]
name = "cluster01"
address = "192.0.2.5"
[[node]]
name = "cluster02"
address = "192.0.2.6"
[[node]]
name = "cluster03"
address = "192.0.2.7"
[volume]
brick = { free-space = true }
)";

// What the shell's line ends with, and says.
struct Said {
  int status = -1;
  std::string out, err;
};

Said shell(const std::string& line) {
  ChildProcess child({"/bin/sh", "-c", line});
  const int status = child.wait();
  (void)child.after("no such line");  // until it has said all
  return {.status = status, .out = child.out(), .err = child.err()};
}

Said bramble(const std::string& arguments) {
  return shell(fmt::format("exec {} {}", BRAMBLE_PROGRAM, arguments));
}

void expect_bad_usage(const std::string& arguments, const std::string& what) {
  const Said said = bramble(arguments);
  EXPECT_EQ(said.status, 2) << arguments;
  EXPECT_THAT(said.err, HasSubstr(what)) << arguments;
  EXPECT_THAT(said.out, IsEmpty()) << arguments;
}

TEST(Cli, BadUsageIsToldWithTheCommandsOwnHelp) {
  expect_bad_usage("plan --frobnicate", "\"--frobnicate\"\nTry: bramble plan --help\n");
  expect_bad_usage("lab cut", "Try: bramble lab cut --help\n");
  expect_bad_usage("--bad", "there is no option \"--bad\"\nTry: bramble --help\n");
  expect_bad_usage("paln", "did you mean \"plan\"?\nTry: bramble --help\n");
  expect_bad_usage("lab --name x satus", "did you mean \"status\"?\nTry: bramble lab --help\n");
  expect_bad_usage("lab ssh", "a HOST is needed: there are cluster01, ");
  expect_bad_usage("lab ssh clster01", "\"clster01\" is not a host of the lab: there are ");
  expect_bad_usage("lab ssh --name x cluster01", "options of the lab go before");
  expect_bad_usage("lab satus", "did you mean \"status\"?\nTry: bramble lab --help\n");
  expect_bad_usage("balance --reload --upgrade", "excludes");
}

TEST(Cli, AMistypedOptionIsNamedAndNotWhatFollowsIt) {
  expect_bad_usage("drill --lod 5",
                   "there is no option \"--lod\", did you mean \"--load\"?\n"
                   "Try: bramble drill --help\n");
  expect_bad_usage("lab cut cluster02 --naem=x", "no option \"--naem\", did you mean \"--name\"?");
  expect_bad_usage("serve --prot 80 /tmp", "there is no option \"--prot\"");
  expect_bad_usage("--versoin", "did you mean \"--version\"?\nTry: bramble --help\n");
  expect_bad_usage("plan -x", "there is no option \"-x\"");
}

TEST(Cli, ABackendThatNobodyCouldAskIsBadUsage) {
  expect_bad_usage("balance --to 10.0.0.1:0", "nobody listens on port 0");
  expect_bad_usage("balance --to =10.0.0.1:80", "an empty name says nothing");
  expect_bad_usage("balance --to 'a b=10.0.0.1:80'", "bad name \"a b\"");
  expect_bad_usage("balance --to a=10.0.0.1:80 --to a=10.0.0.2:80", "are called \"a\"");
  expect_bad_usage("balance --to 10.0.0.1:80 --check-path x", "bad path \"x\"");
  expect_bad_usage("balance --to 10.0.0.1:80 --check-path '/a b'", "bad path \"/a b\"");
}

TEST(Cli, PasswordsOfNobodyAndBadOnesAreToldWithTheirPlace) {
  const TemporaryFolder folder;
  const std::string file = folder.write("passwords", "# nobody yet\n");
  expect_bad_usage("serve /tmp --passwords " + file, file + ": it names nobody");
  folder.write("passwords", "# a comment\nalice:x\n");
  expect_bad_usage("serve /tmp --passwords " + file, file + ":2: bad password hash");
  expect_bad_usage("serve /tmp --head-timeout nan", "a number is needed");
  expect_bad_usage("serve --volume web", "\"web\" is no volume");
}

TEST(Cli, AFaultyFileBeginsWithItsPlaceAndAMissingOneWithTheProgram) {
  const TemporaryFolder folder;
  const std::string file = folder.write("bramble.toml", "nmae = 1\n");
  EXPECT_THAT(bramble("plan -f " + file).err, StartsWith(file + ":1:1: "));
  EXPECT_THAT(bramble("plan -f " + folder.path()).err,
              StartsWith("bramble: " + folder.path() + ": this is a folder"));
  EXPECT_EQ(bramble("plan -f /nowhere").status, 2);
}

TEST(Cli, ProgramsAreToldOfMachinesThatAreNotReached) {
  const TemporaryFolder folder;
  folder.write("nowhere", "Host *\n  ProxyCommand false\n");
  const std::string file =
      folder.write("bramble.toml", "ssh = { config = \"nowhere\" }\n" + std::string(kCluster));
  for (const std::string command : {"plan", "up --yes"}) {
    const Said said = bramble(command + " --json -f " + file);
    EXPECT_EQ(said.status, 1);
    const auto told = nlohmann::json::parse(said.out, nullptr, false);
    ASSERT_TRUE(told.is_object()) << said.out;
    EXPECT_EQ(told.at("failed"), true);
    EXPECT_EQ(told.at("error"), "not every machine can be worked with: nothing was changed");
    const auto& step = told.at("machines").at(0).at("steps").at(0);
    EXPECT_EQ(step.at("name"), "reach");
    EXPECT_EQ(step.at("verdict"), "failed");
    EXPECT_THAT(step.at("error").get<std::string>(), StartsWith("cluster01: ")) << said.out;
  }
}

TEST(Cli, WhatTheFileOrACommandLineNamesWronglyIsBadUsage) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("bramble.toml", "ssh = { config = \"nowhere\" }\n" + std::string(kCluster));
  for (const std::string command : {"plan", "up --yes", "status", "doctor"}) {
    const Said said = bramble(command + " -f " + file);
    EXPECT_EQ(said.status, 2) << command;
    EXPECT_THAT(said.err, HasSubstr("/nowhere (config under [ssh]): No such file")) << command;
  }
  expect_bad_usage("serve /nowhere", "open the folder /nowhere: No such file or directory");
}

TEST(Cli, AResultThatCannotBeWrittenIsAFailure) {
  const TemporaryFolder folder;
  const std::string file = folder.write("bramble.toml", kCluster);
  for (const std::string& arguments :
       {"hosts -f " + file, "hosts --json -f " + file, std::string("--help")}) {
    const Said said = bramble(arguments + " >/dev/full");
    EXPECT_EQ(said.status, 1) << arguments;
    EXPECT_THAT(said.err, HasSubstr("the standard output")) << arguments;
  }
  EXPECT_EQ(bramble("hosts -f " + file).status, 0);
}

TEST(Cli, ClosedStreamsAreNobodys) {
  const TemporaryFolder folder;
  const std::string file = folder.write("bramble.toml", kCluster);
  EXPECT_EQ(bramble("hosts -f " + file + " <&- >&- 2>&-").status, 0);
  EXPECT_EQ(bramble("plan -f /nowhere <&- >&- 2>&-").status, 2);
}

}  // namespace
}  // namespace bramble::test
