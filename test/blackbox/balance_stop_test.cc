// SPDX-License-Identifier: Apache-2.0
// SIGTERM: what is under way is finished, or broken off when its time is over.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "balance_fixture.hh"
#include "base/unique_fd.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

TEST_F(BalanceTest, SigtermFinishesWhatIsUnderWay) {
  ScriptedBackend& a = hello_world("a");
  balance();
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  balancer_->signal(SIGTERM);
  EXPECT_NE(balancer_->after("stopping"), "");
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "helloworld");
  visitor.close();
  EXPECT_EQ(balancer_->wait(), 0);
}

TEST_F(BalanceTest, SigtermBreaksOffWhatTakesTooLong) {
  ScriptedBackend& a = backend("a", [](BackendPeer& peer) {
    if (peer.request()) peer.wait_for_close();
  });
  balance({"--drain-timeout", "200"});
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  EXPECT_EQ(balancer_->stop(), 0);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=stopped"));
}

TEST_F(BalanceTest, SigtermDoesNotWaitForAReaderOfTheLog) {
  const TemporaryFolder folder;
  const std::string log = folder.path() + "/log";
  ASSERT_EQ(::mkfifo(log.c_str(), 0600), 0);
  const UniqueFd nobody_reads(::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  backend("a");
  balance({"--access-log", log, "--drain-timeout", "1000"});
  RawClient visitor = client();
  const std::string get =
      fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", std::string(4000, 'x'));
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(visitor.ask(get).body, "a\n");  // what a pipe holds, thrice
  visitor.close();
  balancer_->signal(SIGTERM);
  ASSERT_TRUE(balancer_->ends_within(std::chrono::seconds(20)));
  EXPECT_EQ(balancer_->wait(), 0);
  (void)balancer_->after("no such line");  // until it has said all
  EXPECT_THAT(balancer_->err(), HasSubstr("bytes of lines are lost"));
}

TEST_F(BalanceTest, SigtermUnderLoadFailsNoRequest) {
  for (const char* name : {"a", "b"}) backend(name);
  balance();
  constexpr int kVisitors = 8;
  std::atomic<int> answered{0}, failed{0}, came{0};
  std::vector<std::thread> visitors;
  for (int i = 0; i < kVisitors; ++i)
    visitors.emplace_back([&] {
      PromptVisitor visitor(port_);
      bool first = true;
      for (bool open = true; open; first = false) {
        const RawAnswer answer = visitor.ask();
        if (first) ++came;
        const bool good = answer.whole && answer.status() == 200;
        if (good || visitor.was_prompt()) ++(good ? answered : failed);
        open = answer.whole && answer.field("Connection") != "close";
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // for the balancer's sake
      }
    });
  while ((answered < 500 || came < kVisitors) && failed == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(balancer_->stop(), 0);
  for (std::thread& visitor : visitors) visitor.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace bramble::test
