// SPDX-License-Identifier: Apache-2.0
#include "node/volume_pulse.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/file.hh"
#include "volume/fake_gluster.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

class VolumePulseTest : public ::testing::Test {
 protected:
  // What one look of a node shows, whose turn it is to write.
  VolumePulse::Snapshot look(const std::function<bool(const VolumePulse::Snapshot&)>& awaited) {
    return look({.name = "n1", .nodes = {"n1", "n2", "n3"}, .brick = "/nowhere"}, awaited);
  }
  VolumePulse::Snapshot look(VolumePulse::Options options,
                             const std::function<bool(const VolumePulse::Snapshot&)>& awaited) {
    options.address = {.host = "localhost", .volume = "web"};
    options.library = &gluster_.library();
    const VolumePulse pulse(clock_, options);
    while (!awaited(pulse.snapshot())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return pulse.snapshot();
  }

  SystemClock clock_;
  FakeGluster gluster_;
  FakeNode& file_ = gluster_.file(
      ".bramble/heartbeat",
      format_heartbeat({.time = clock_.wall() - std::chrono::hours(1), .writer = "n2"}));
};

TEST_F(VolumePulseTest, AnswersAndIsWritten) {
  const VolumePulse::Snapshot seen = look(
      [](const auto& now) { return now.beats[0].newest && now.beats[0].newest->writer == "n1"; });
  EXPECT_TRUE(seen.reachable);
  EXPECT_EQ(seen.trouble, "");
  EXPECT_EQ(parse_heartbeat(file_.content)->writer, "n1");
}

TEST_F(VolumePulseTest, OneThatIsFullAnswersNevertheless) {
  gluster_.write_error = ENOSPC;
  const VolumePulse::Snapshot seen = look(
      [](const auto& now) { return now.trouble != "still connecting" && !now.trouble.empty(); });
  EXPECT_TRUE(seen.reachable);
  EXPECT_EQ(seen.trouble, "write heartbeat: No space left on device");
  ASSERT_TRUE(seen.beats[0].newest);
  EXPECT_EQ(seen.beats[0].newest->writer, "n2");
}

TEST_F(VolumePulseTest, WhereNothingIsCopiedItIsQuiet) {
  const VolumePulse::Snapshot seen = look(
      {.name = "n1", .nodes = {"n1", "n2", "n3"}, .brick = "/nowhere", .copied = false},
      [](const auto& now) { return now.beats[0].newest && now.beats[0].newest->writer == "n1"; });
  EXPECT_TRUE(seen.beats[0].newest->quiet);
}

TEST_F(VolumePulseTest, WhoseWebServerAwaitsItWritesItSoon) {
  file_.content = format_heartbeat(
      {.time = clock_.wall() - std::chrono::minutes(1), .writer = "n2", .quiet = true});
  look({.name = "n1",
        .nodes = {"n1", "n2", "n3"},
        .brick = "/nowhere",
        .copied = false,
        .awaited = [] { return true; }},
       [](const auto& now) { return now.beats[0].newest && now.beats[0].newest->writer == "n1"; });
}

// Of two sets, and a brick of the second.
class VolumePulseOfSetsTest : public VolumePulseTest {
 protected:
  VolumePulseOfSetsTest() { fs::create_directories(brick_ + "/.bramble"); }
  ~VolumePulseOfSetsTest() override { fs::remove_all(brick_); }

  VolumePulse::Options on(const std::string& machine) const {
    return {.name = machine, .nodes = {"n1", "n2", "n3", "n4", "n5", "n6"}, .brick = brick_};
  }
  void lies_here(const std::string& name) const {
    EXPECT_TRUE(write_file(brick_ + "/.bramble/" + name, "bramble heartbeat").ok());
  }
  FakeNode& written(const std::string& name, std::chrono::hours ago, const std::string& writer) {
    return gluster_.file(".bramble/" + name,
                         format_heartbeat({.time = clock_.wall() - ago, .writer = writer}));
  }

  const std::string brick_ = "/tmp/bramble_volume_pulse_test_" + std::to_string(::getpid());
};

TEST_F(VolumePulseOfSetsTest, ANodeWritesTheOneThatLiesInItsOwnAndThatAlone) {
  FakeNode& own = written("heartbeat-2", std::chrono::hours(1), "n5");
  lies_here("heartbeat-2");
  const VolumePulse::Snapshot seen = look(on("n4"), [](const auto& now) {
    return now.beats[1].newest && now.beats[1].newest->writer == "n4";
  });
  EXPECT_FALSE(seen.beats[0].newest);
  EXPECT_EQ(parse_heartbeat(own.content)->writer, "n4");
  EXPECT_EQ(parse_heartbeat(file_.content)->writer, "n2");
}

TEST_F(VolumePulseOfSetsTest, ANodeWhoseSetHasNoneTriesAnotherName) {
  look(on("n4"), [](const auto& now) { return now.beats[1].newest.has_value(); });
  const FakeNode& tried = *gluster_.root->names.at(".bramble")->names.at("heartbeat-2");
  EXPECT_EQ(parse_heartbeat(tried.content)->writer, "n4");
  EXPECT_EQ(parse_heartbeat(file_.content)->writer, "n2");
}

TEST_F(VolumePulseOfSetsTest, WhoOnlyLooksSeesTheNewestOfEach) {
  written("heartbeat-2", std::chrono::hours(3), "n5");  // tried in vain
  written("heartbeat-3", std::chrono::hours(2), "n4");
  for (const char* name : {"heartbeat", "heartbeat-2", "heartbeat-3"}) lies_here(name);
  const VolumePulse::Snapshot seen =
      look(on("away"), [](const auto& now) { return now.reachable; });
  EXPECT_EQ(seen.beats[0].newest->writer, "n2");
  EXPECT_EQ(seen.beats[1].newest->writer, "n4");
}

}  // namespace
}  // namespace bramble
