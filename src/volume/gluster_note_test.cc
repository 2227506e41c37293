// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_note.hh"

#include <gtest/gtest.h>

#include "volume/fake_gluster.hh"

namespace bramble {
namespace {

const GlusterAddress kAddress{.host = "localhost", .volume = "web", .path = ".bramble"};

TEST(GlusterNote, IsWrittenAndReadBackWhereThereWasNothing) {
  FakeGluster gluster;
  const auto note = GlusterNote::connect(kAddress, "heartbeat", gluster.library()).value();
  EXPECT_EQ(note->read().value(), std::nullopt);
  ASSERT_TRUE(note->write("first").ok());
  EXPECT_EQ(note->read().value(), "first");
  EXPECT_EQ(gluster.handles, 1);
}

TEST(GlusterNote, IsRewrittenInPlace) {
  FakeGluster gluster;
  FakeNode& file = gluster.file(".bramble/heartbeat", "a longer first one");
  const auto note = GlusterNote::connect(kAddress, "heartbeat", gluster.library()).value();
  ASSERT_TRUE(note->write("second").ok());
  EXPECT_EQ(file.content, "second");
  EXPECT_EQ(note->read().value(), "second");
}

TEST(GlusterNote, ARefusedConnectionIsAnError) {
  FakeGluster gluster;
  gluster.refused_inits = 1;
  EXPECT_EQ(GlusterNote::connect(kAddress, "heartbeat", gluster.library()).error().what,
            "volume web at localhost: glfs_init: Transport endpoint is not connected");
  EXPECT_EQ(gluster.sessions, 0);
}

}  // namespace
}  // namespace bramble
