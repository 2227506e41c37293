// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_notes.hh"

#include <gtest/gtest.h>

#include "volume/fake_gluster.hh"

namespace bramble {
namespace {

const GlusterAddress kAddress{.host = "localhost", .volume = "web", .path = ".bramble"};

TEST(GlusterNotes, IsWrittenAndReadBackWhereThereWasNothing) {
  FakeGluster gluster;
  const auto notes = GlusterNotes::connect(kAddress, gluster.library()).value();
  EXPECT_EQ(notes->read("heartbeat").value(), std::nullopt);
  ASSERT_TRUE(notes->write("heartbeat", "first").ok());
  EXPECT_EQ(notes->read("heartbeat").value(), "first");
  EXPECT_EQ(gluster.handles, 1);
}

TEST(GlusterNotes, IsRewrittenInPlace) {
  FakeGluster gluster;
  FakeNode& file = gluster.file(".bramble/heartbeat", "a longer first one");
  const auto notes = GlusterNotes::connect(kAddress, gluster.library()).value();
  ASSERT_TRUE(notes->write("heartbeat", "second").ok());
  EXPECT_EQ(file.content, "second");
  EXPECT_EQ(notes->read("heartbeat").value(), "second");
}

TEST(GlusterNotes, ARefusedConnectionIsAnError) {
  FakeGluster gluster;
  gluster.refused_inits = 1;
  EXPECT_EQ(GlusterNotes::connect(kAddress, gluster.library()).error().what,
            "volume web at localhost: glfs_init: Transport endpoint is not connected");
  EXPECT_EQ(gluster.sessions, 0);
}

}  // namespace
}  // namespace bramble
