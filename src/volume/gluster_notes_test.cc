// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_notes.hh"

#include <gtest/gtest.h>

#include <cerrno>

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

TEST(GlusterNotes, OfTheSameSizeIsOneWrite) {
  FakeGluster gluster;
  const FakeNode& file = gluster.file(".bramble/heartbeat", "before");
  GlusterLibrary library = gluster.library();
  library.truncate = [](auto...) noexcept { return -1; };
  const auto notes = GlusterNotes::connect(kAddress, library).value();
  ASSERT_TRUE(notes->write("heartbeat", "second").ok());
  EXPECT_EQ(file.content, "second");
}

TEST(GlusterNotes, FourKilobytesAreRead) {
  FakeGluster gluster;
  gluster.file(".bramble/heartbeat", std::string(5000, 'x'));
  const auto notes = GlusterNotes::connect(kAddress, gluster.library()).value();
  EXPECT_EQ(notes->read("heartbeat").value(), std::string(4096, 'x'));
}

TEST(GlusterNotes, AVolumeThatDoesNotAnswerIsNotOneWithoutTheFile) {
  FakeGluster gluster;
  const auto notes = GlusterNotes::connect(kAddress, gluster.library()).value();
  gluster.lookup_error = ENOTCONN;
  EXPECT_EQ(notes->read("heartbeat").error().code, ENOTCONN);
  EXPECT_EQ(notes->write("heartbeat", "text").error().code, ENOTCONN);
  EXPECT_TRUE(gluster.root->names.empty());

  const FakeNode& folder = gluster.folder(".bramble");
  gluster.on_lookup = [&](const std::string& name) {
    gluster.lookup_error = name == "heartbeat" ? ENOTCONN : 0;
  };
  EXPECT_EQ(notes->write("heartbeat", "text").error().code, ENOTCONN);
  EXPECT_TRUE(folder.names.empty());
}

TEST(GlusterNotes, EachCallOfAWriteThatFailsIsTold) {
  struct Case {
    std::string what;
    std::string file;  // that is there before
    void (*fails)(GlusterLibrary&);
  };
  for (const auto& [what, file, fails] : {
           Case{"make the folder .bramble", "index.html",
                [](GlusterLibrary& library) {
                  library.make_folder = [](auto...) noexcept -> glfs_object_t* { return nullptr; };
                }},
           Case{"create heartbeat", ".bramble/other",
                [](GlusterLibrary& library) {
                  library.create = [](auto...) noexcept -> glfs_object_t* { return nullptr; };
                }},
           Case{"open heartbeat", ".bramble/heartbeat",
                [](GlusterLibrary& library) {
                  library.open = [](auto...) noexcept -> glfs_fd_t* { return nullptr; };
                }},
           Case{"write heartbeat", ".bramble/heartbeat",
                [](GlusterLibrary& library) {
                  library.pwrite = [](auto...) noexcept -> ssize_t { return -1; };
                }},
           Case{"write heartbeat: only 3 bytes of 4", ".bramble/heartbeat",
                [](GlusterLibrary& library) {
                  library.pwrite = [](auto...) noexcept -> ssize_t { return 3; };
                }},
           Case{"truncate heartbeat", ".bramble/heartbeat",
                [](GlusterLibrary& library) {
                  library.truncate = [](auto...) noexcept { return -1; };
                }},
       }) {
    FakeGluster gluster;
    gluster.file(file, "a longer text");
    GlusterLibrary library = gluster.library();
    fails(library);
    const auto notes = GlusterNotes::connect(kAddress, library).value();
    const auto written = notes->write("heartbeat", "text");
    ASSERT_FALSE(written.ok()) << what;
    EXPECT_TRUE(written.error().what.starts_with(what)) << written.error().what;
  }
}

TEST(GlusterNotes, AReadThatFailsIsAnError) {
  FakeGluster gluster;
  gluster.file(".bramble/heartbeat", "text");
  GlusterLibrary library = gluster.library();
  library.anonymous_read = [](auto...) noexcept -> ssize_t { return -1; };
  const auto notes = GlusterNotes::connect(kAddress, library).value();
  EXPECT_TRUE(notes->read("heartbeat").error().what.starts_with("read heartbeat: "));
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
