// SPDX-License-Identifier: Apache-2.0
#include "net/output.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

class PendingOutputTest : public ::testing::Test {
 protected:
  PendingOutputTest() {
    int fds[2] = {};
    BRAMBLE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }

  void drain() {
    std::array<char, 65536> piece;
    for (ssize_t n = 0; (n = ::read(far.get(), piece.data(), piece.size())) > 0;)
      arrived.append(piece.data(), static_cast<std::size_t>(n));
  }

  UniqueFd near, far;
  PendingOutput output;
  std::string arrived;
};

TEST_F(PendingOutputTest, WhatTheSocketTakesIsNotKept) {
  EXPECT_EQ(output.send(near.get(), "head ", "body"), Sent::kAll);
  EXPECT_TRUE(output.empty());
  drain();
  EXPECT_EQ(arrived, "head body");
}

TEST_F(PendingOutputTest, TheRestIsKeptInOrderAndFlushed) {
  const std::string head(100'000, 'h'), body(2'000'000, 'b');
  ASSERT_EQ(output.send(near.get(), head, body), Sent::kBlocked);
  EXPECT_GT(output.bytes(), 0U);
  ASSERT_EQ(output.send(near.get(), "tail"), Sent::kBlocked) << "nothing may overtake the rest";
  EXPECT_EQ(output.flush(near.get()), Sent::kBlocked);
  do drain();
  while (output.flush(near.get()) == Sent::kBlocked);
  drain();
  EXPECT_EQ(arrived, head + body + "tail");
  EXPECT_TRUE(output.empty());
}

TEST_F(PendingOutputTest, ABrokenConnectionIsTold) {
  far.reset();
  EXPECT_EQ(output.send(near.get(), "x"), Sent::kFailed);
}

}  // namespace
}  // namespace bramble
