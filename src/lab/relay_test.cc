// SPDX-License-Identifier: Apache-2.0
#include "lab/relay.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>

namespace bramble::lab {
namespace {

struct Pair {
  Pair() {
    std::array<int, 2> fds = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
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

TEST(Relay, AnAnswerComesBackAfterTheQuestionsEnd) {
  Pair visitor;
  Pair host;
  std::thread relaying(relay, std::move(visitor.far), std::move(host.far));
  say(visitor.near.get(), "question");
  ::shutdown(visitor.near.get(), SHUT_WR);
  EXPECT_EQ(read_all(host.near.get()), "question");
  say(host.near.get(), "answer");
  host.near.reset();
  EXPECT_EQ(read_all(visitor.near.get()), "answer");
  relaying.join();
}

TEST(Relay, CarriesMoreThanItsBufferUnchanged) {
  Pair visitor;
  Pair host;
  std::thread relaying(relay, std::move(visitor.far), std::move(host.far));
  std::string much;
  for (int i = 0; much.size() < 1'000'000; ++i) much += std::to_string(i);
  std::thread writer([&] {
    say(visitor.near.get(), much);
    ::shutdown(visitor.near.get(), SHUT_WR);
  });
  EXPECT_EQ(read_all(host.near.get()), much);
  host.near.reset();
  writer.join();
  relaying.join();
}

}  // namespace
}  // namespace bramble::lab
