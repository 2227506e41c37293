// SPDX-License-Identifier: Apache-2.0
#include "lab/passage.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>

#include "net/socket.hh"

namespace bramble::lab {
namespace {

// The near end blocks, the far end does not.
struct Pair {
  Pair() {
    const UniqueFd listener =
        listen_on(parse_address("127.0.0.1:0").value(), {.share_port = false}).value();
    near = connect_to(local_address(listener.get()).value()).value();
    while (!far) far.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
    ::fcntl(near.get(), F_SETFL, 0);
  }
  UniqueFd near, far;
};

std::string read_all(int fd) {
  std::string all;
  std::array<char, 4096> piece;
  for (ssize_t got = 0; (got = ::read(fd, piece.data(), piece.size())) > 0;)
    all.append(piece.data(), static_cast<std::size_t>(got));
  return all;
}

void say(int fd, const std::string& text) {
  ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

class PassageTest : public testing::Test {
 protected:
  void open(UniqueFd visitor, UniqueFd host) {
    passage_ = std::make_unique<Passage>(*loop_, std::move(visitor), std::move(host), [this] {
      passage_.reset();
      loop_->stop();
    });
    ASSERT_TRUE(passage_->open().ok());
    running_ = std::thread([this] { loop_->run(); });
  }
  void TearDown() override { running_.join(); }  // it is over in every test

  Pair visitor_;
  Pair host_;
  std::unique_ptr<Loop> loop_ = Loop::create().value();
  std::unique_ptr<Passage> passage_;
  std::thread running_;
};

TEST_F(PassageTest, AnAnswerComesBackAfterTheQuestionsEnd) {
  open(std::move(visitor_.far), std::move(host_.far));
  say(visitor_.near.get(), "question");
  ::shutdown(visitor_.near.get(), SHUT_WR);
  EXPECT_EQ(read_all(host_.near.get()), "question");
  say(host_.near.get(), "answer");
  host_.near.reset();
  EXPECT_EQ(read_all(visitor_.near.get()), "answer");
}

TEST_F(PassageTest, MoreThanTheSocketsHoldPassesUnchanged) {
  open(std::move(visitor_.far), std::move(host_.far));
  std::string much;
  for (int i = 0; much.size() < 20'000'000; ++i) much += std::to_string(i);
  std::thread writer([&] {
    say(visitor_.near.get(), much);
    ::shutdown(visitor_.near.get(), SHUT_WR);
  });
  EXPECT_EQ(read_all(host_.near.get()), much);
  host_.near.reset();
  writer.join();
  EXPECT_EQ(read_all(visitor_.near.get()), "");
}

TEST_F(PassageTest, WhereTheHostBreaksOffTheVisitorIsReset) {
  open(std::move(visitor_.far), std::move(host_.far));
  say(visitor_.near.get(), "question");
  std::array<char, 8> question{};
  ASSERT_EQ(::recv(host_.near.get(), question.data(), question.size(), MSG_WAITALL), 8);
  set_reset_on_close(host_.near.get());
  host_.near.reset();
  char byte = 0;
  EXPECT_EQ(::read(visitor_.near.get(), &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(PassageTest, WhereNobodyListensTheVisitorIsReset) {
  const UniqueFd listener =
      listen_on(parse_address("127.0.0.1:0").value(), {.share_port = false}).value();
  const Address left = local_address(listener.get()).value();
  ::shutdown(listener.get(), SHUT_RDWR);
  open(std::move(visitor_.far), connect_to(left).value());
  char byte = 0;
  EXPECT_EQ(::read(visitor_.near.get(), &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

}  // namespace
}  // namespace bramble::lab
