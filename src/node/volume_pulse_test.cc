// SPDX-License-Identifier: Apache-2.0
#include "node/volume_pulse.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "volume/fake_gluster.hh"

namespace bramble {
namespace {

class VolumePulseTest : public ::testing::Test {
 protected:
  // What one look of a node shows, whose turn it is to write.
  VolumePulse::Snapshot look(const std::function<bool(const VolumePulse::Snapshot&)>& awaited) {
    const VolumePulse pulse(clock_, {.address = {.host = "localhost", .volume = "web"},
                                     .name = "n1",
                                     .place = 0,
                                     .brick = "/nowhere",
                                     .library = &gluster_.library()});
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
  const VolumePulse::Snapshot seen =
      look([](const auto& now) { return now.newest && now.newest->writer == "n1"; });
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
  ASSERT_TRUE(seen.newest);
  EXPECT_EQ(seen.newest->writer, "n2");
}

}  // namespace
}  // namespace bramble
