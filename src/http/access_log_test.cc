// SPDX-License-Identifier: Apache-2.0
#include "http/access_log.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/file.hh"

namespace bramble::http {
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
          .ending = Ending::kOk,
          .request_id = "3fa8"};
}

std::string line_of(const AccessRecord& record, LogFormat format = LogFormat::kCombined) {
  std::string line;
  AccessLines(format).append(line, record);
  return line;
}

TEST(AccessLine, IsTheCombinedFormatAndWhatAProxyKnows) {
  EXPECT_EQ(
      line_of(sample()),
      "203.0.113.9 - - [23/Nov/2026:08:45:22 +0000] \"GET /a?b HTTP/1.1\" 200 1234 \"-\" "
      "\"curl/7.88.1\" backend=cluster02 wait=0.004120 total=1.005230 tries=1 end=ok id=3fa8\n");
}

TEST(AccessLine, OfAServerTellsOfNoBackend) {
  std::string line;
  AccessLines(LogFormat::kCombined, AccessLines::Teller::kServer).append(line, sample());
  EXPECT_THAT(line, testing::EndsWith("\"curl/7.88.1\" wait=0.004120 total=1.005230 end=ok\n"));
  line.clear();
  AccessLines(LogFormat::kJson, AccessLines::Teller::kServer).append(line, sample());
  EXPECT_THAT(line, testing::EndsWith("\"wait\":0.004120,\"total\":1.005230,\"end\":\"ok\"}\n"));
}

TEST(AccessLine, TellsWhatWasResumed) {
  AccessRecord record = sample();
  record.resumes = 2;
  record.resumed_from = "cluster03";
  record.resumed_at = 1000;
  EXPECT_THAT(line_of(record), HasSubstr(" tries=1 resumed=2 from=cluster03 at=1000 end=ok "));
  EXPECT_THAT(line_of(record, LogFormat::kJson),
              HasSubstr("\"tries\":1,\"resumed\":2,\"from\":\"cluster03\",\"at\":1000,\"end\""));
}

TEST(AccessLine, TellsWhoGaveParts) {
  AccessRecord record = sample();
  record.stripes = 3;
  EXPECT_THAT(line_of(record), HasSubstr(" tries=1 stripes=3 end=ok "));
  EXPECT_THAT(line_of(record, LogFormat::kJson), HasSubstr("\"tries\":1,\"stripes\":3,\"end\""));
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
  EXPECT_THAT(line_of(record), HasSubstr(" end=no-backend "));
}

TEST(AccessLine, HoldsAnIdThatSomebodyElseMade) {
  AccessRecord record = sample();
  record.request_id = "a b\"\\";
  EXPECT_THAT(line_of(record), HasSubstr(" id=a\\x20b\\x22\\x5c\n"));
}

TEST(AccessLine, IsAnObjectOfJsonWhereAskedFor) {
  EXPECT_EQ(
      line_of(sample(), LogFormat::kJson),
      "{\"time\":\"2026-11-23T08:45:22Z\",\"client\":\"203.0.113.9\",\"request\":\"GET /a?b "
      "HTTP/1.1\",\"status\":200,\"bytes\":1234,\"referer\":\"\",\"user_agent\":\"curl/7.88.1\","
      "\"backend\":\"cluster02\",\"wait\":0.004120,\"total\":1.005230,\"tries\":1,\"end\":\"ok\","
      "\"id\":\"3fa8\"}\n");
  AccessRecord record = sample();
  record.user_agent = "\"\\\n\xff";
  EXPECT_THAT(line_of(record, LogFormat::kJson),
              HasSubstr("\"user_agent\":\"\\u0022\\u005c\\u000a\\u00ff\""));
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

// A log daemon's end: gives the next datagram.
class Daemon {
 public:
  explicit Daemon(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  std::string next() {
    std::string text(4096, '\0');
    const ssize_t size = ::recv(fd_.get(), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  UniqueFd fd_;
};

TEST_F(LogWriterTest, SendsALineADatagramToSyslog) {
  Daemon daemon(folder_ + "/log");
  auto writer = LogWriter::open("syslog:" + folder_ + "/log").value();
  std::string lines = "one\ntwo\n";
  writer->hand_over(lines);
  EXPECT_THAT(daemon.next(),
              testing::MatchesRegex("<30>[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]+ bramble: one"));
  EXPECT_THAT(daemon.next(), testing::EndsWith(" bramble: two"));
}

TEST_F(LogWriterTest, FindsASyslogThatWasStartedAnew) {
  const std::string path = folder_ + "/log";
  auto first = std::make_unique<Daemon>(path);
  auto writer = LogWriter::open("syslog:" + path).value();
  first.reset();
  ASSERT_EQ(::unlink(path.c_str()), 0);
  Daemon second(path);
  std::string lines = "one\n";
  writer->hand_over(lines);
  EXPECT_THAT(second.next(), testing::EndsWith(" bramble: one"));
  writer.reset();
}

TEST_F(LogWriterTest, CountsWhatSyslogNeverTook) {
  const std::string path = folder_ + "/log";
  auto daemon = std::make_unique<Daemon>(path);
  auto writer = LogWriter::open("syslog:" + path).value();
  daemon.reset();
  std::string lines = "one\n";
  writer->hand_over(lines);
  while (writer->dropped_bytes() == 0) ::usleep(1000);
  EXPECT_EQ(writer->dropped_bytes(), 4U);
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
}  // namespace bramble::http
