// SPDX-License-Identifier: Apache-2.0
#include "balance/access_log.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/file.hh"

namespace bramble::balance {
namespace {

using testing::HasSubstr;
using testing::Not;

AccessRecord sample() {
  return {.client = "203.0.113.9",
          .time = WallTime(std::chrono::seconds(1795423522)),
          .request_line = "GET /a?b HTTP/1.1",
          .status = 200,
          .body_bytes = 1234,
          .referer = "",
          .user_agent = "curl/7.88.1",
          .backend = "cluster02",
          .wait = std::chrono::microseconds(4120),
          .total = std::chrono::microseconds(1005230),
          .tries = 1,
          .ending = Ending::kOk};
}

std::string line_of(const AccessRecord& record) {
  std::string line;
  AccessLines().append(line, record);
  return line;
}

TEST(AccessLine, IsTheCombinedFormatAndWhatAProxyKnows) {
  EXPECT_EQ(line_of(sample()),
            "203.0.113.9 - - [23/Nov/2026:08:45:22 +0000] \"GET /a?b HTTP/1.1\" 200 1234 \"-\" "
            "\"curl/7.88.1\" backend=cluster02 wait=0.004120 total=1.005230 tries=1 end=ok\n");
}

TEST(AccessLine, CannotBeForged) {
  AccessRecord record = sample();
  record.request_line = "GET /\" 200\\ HTTP/1.1";
  record.user_agent = "a\nb\x7f\xff";
  EXPECT_THAT(line_of(record), HasSubstr("\"GET /\\x22 200\\x5c HTTP/1.1\""));
  EXPECT_THAT(line_of(record), HasSubstr("\"a\\x0ab\\x7f\\xff\""));
}

TEST(AccessLine, NamesNoBackendWhereNoneWasAsked) {
  AccessRecord record = sample();
  record.backend = "";
  record.ending = Ending::kNoBackend;
  EXPECT_THAT(line_of(record), HasSubstr(" backend=- "));
  EXPECT_THAT(line_of(record), HasSubstr(" end=no-backend\n"));
}

class LogWriterTest : public testing::Test {
 protected:
  LogWriterTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "access_log_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~LogWriterTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(LogWriterTest, AppendsAndHasWrittenAllWhenItEnds) {
  for (const char* line : {"one\n", "two\n"}) {
    auto writer = LogWriter::open(folder_ + "/log").value();
    std::string lines = line;
    writer->hand_over(lines);
    EXPECT_EQ(lines, "");
  }
  EXPECT_EQ(read_file(folder_ + "/log").value(), "one\ntwo\n");
}

TEST_F(LogWriterTest, GoesOnInANewFileAfterTheOldOneWasRenamed) {
  auto writer = LogWriter::open(folder_ + "/log").value();
  ASSERT_EQ(std::rename((folder_ + "/log").c_str(), (folder_ + "/old").c_str()), 0);
  ASSERT_TRUE(writer->reopen().ok());
  std::string lines = "new\n";
  writer->hand_over(lines);
  writer.reset();
  EXPECT_EQ(read_file(folder_ + "/log").value(), "new\n");
}

TEST_F(LogWriterTest, SaysWhichFileItCannotOpen) {
  const auto writer = LogWriter::open(folder_ + "/no/log");
  ASSERT_FALSE(writer.ok());
  EXPECT_THAT(writer.error().what, HasSubstr("open " + folder_ + "/no/log: No such file"));
}

TEST_F(LogWriterTest, DropsAndCountsWhatNobodyReads) {
  const std::string fifo = folder_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto writer = LogWriter::open(fifo).value();
  for (int i = 0; i < 20; ++i) {
    std::string lines(1024 * 1024, 'x');
    writer->hand_over(lines);
  }
  EXPECT_GT(writer->dropped_bytes(), 0U);
  std::string sink(1 << 20, '\0');
  std::thread rest([&] {
    while (::read(reader.get(), sink.data(), sink.size()) != 0) ::usleep(100);
  });
  writer.reset();
  rest.join();
}

}  // namespace
}  // namespace bramble::balance
