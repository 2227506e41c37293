// SPDX-License-Identifier: Apache-2.0
#include "net/output.hh"

#include <gtest/gtest.h>
#include <malloc.h>
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

std::size_t memory_in_use() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

// Who is slow, and always given more before all is taken.
TEST_F(PendingOutputTest, WhatWasSentIsNotHeld) {
  const std::string piece(400'000, 'x');
  const std::size_t before = memory_in_use();
  ASSERT_EQ(output.send(near.get(), piece + piece), Sent::kBlocked);
  for (std::size_t sent = 0; sent < 100'000'000; sent += piece.size()) {
    ASSERT_EQ(output.send(near.get(), piece), Sent::kBlocked);
    while (output.bytes() > piece.size()) {
      ASSERT_EQ(output.flush(near.get()), Sent::kBlocked);
      drain();
      arrived.clear();
    }
  }
  EXPECT_LT(memory_in_use(), before + 10'000'000);
}

TEST_F(PendingOutputTest, ABrokenConnectionIsTold) {
  far.reset();
  EXPECT_EQ(output.send(near.get(), "x"), Sent::kFailed);
}

}  // namespace
}  // namespace bramble
