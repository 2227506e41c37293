// SPDX-License-Identifier: Apache-2.0
#include "net/inheritance.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>

#include "net/socket.hh"

namespace bramble {
namespace {

UniqueFd listening() { return listen_on(parse_address("127.0.0.1:0").value(), {}).value(); }

std::string number(int fd) { return std::to_string(fd); }

TEST(Inheritance, IsNothingWhereNobodyLeftAny) {
  Inheritance none = Inheritance::take();
  EXPECT_FALSE(none.from_predecessor());
  EXPECT_TRUE(none.addresses(Door::kClients).empty());
  EXPECT_TRUE(none.claim(Door::kClients, parse_address("127.0.0.1:80").value()).empty());
}

TEST(Inheritance, OfAPredecessorIsClaimedByDoorAndAddress) {
  UniqueFd first = listening();
  UniqueFd second = listen_on(local_address(first.get()).value(), {}).value();
  UniqueFd admin = listening();
  const Address where = local_address(first.get()).value();
  ::setenv("BRAMBLE_HANDOVER",
           ("listen=" + number(first.release()) + ",admin=" + number(admin.release()) +
            ",listen=" + number(second.release()))
               .c_str(),
           1);
  Inheritance taken = Inheritance::take();
  EXPECT_EQ(::getenv("BRAMBLE_HANDOVER"), nullptr);
  EXPECT_TRUE(taken.from_predecessor());
  EXPECT_EQ(taken.addresses(Door::kClients), std::vector<Address>{where});
  EXPECT_TRUE(taken.claim(Door::kAdmin, where).empty());
  EXPECT_EQ(taken.claim(Door::kClients, where).size(), 2U);
  EXPECT_TRUE(taken.claim(Door::kClients, where).empty()) << "once only";
  EXPECT_EQ(taken.claim(Door::kAdmin, parse_address("127.0.0.1:0").value()).size(), 1U)
      << "port 0 is the one that was found before";
}

TEST(Inheritance, ClaimsOnePortWhereAnyIsWanted) {
  UniqueFd first = listening(), second = listening();
  ::setenv("BRAMBLE_HANDOVER",
           ("listen=" + number(first.release()) + ",listen=" + number(second.release())).c_str(),
           1);
  Inheritance taken = Inheritance::take();
  const Address any = parse_address("127.0.0.1:0").value();
  EXPECT_EQ(taken.claim(Door::kClients, any).size(), 1U);
  EXPECT_EQ(taken.claim(Door::kClients, any).size(), 1U);
}

TEST(Inheritance, LeavesAloneWhatIsNoListeningSocket) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const UniqueFd other(pipe[1]), this_one(pipe[0]);
  ::setenv("BRAMBLE_HANDOVER", ("listen=" + number(pipe[0]) + ",listen=x,=,listen=1").c_str(), 1);
  EXPECT_TRUE(Inheritance::take().addresses(Door::kClients).empty());
  EXPECT_NE(::fcntl(pipe[0], F_GETFD), -1);
}

TEST(Inheritance, TellsThePredecessorWhenItIsReady) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const UniqueFd read(pipe[0]);
  ::setenv("BRAMBLE_HANDOVER", ("ready=" + number(pipe[1])).c_str(), 1);
  Inheritance taken = Inheritance::take();
  taken.tell_ready();
  int told = 1;
  ASSERT_EQ(::read(read.get(), &told, sizeof told), static_cast<ssize_t>(sizeof told));
  EXPECT_EQ(told, 0);
  EXPECT_EQ(::read(read.get(), &told, sizeof told), 0) << "and closes";
}

TEST(Inheritance, OfSystemdIsForThisProcessOnly) {
  ::setenv("LISTEN_PID", "1", 1);
  ::setenv("LISTEN_FDS", "1", 1);
  EXPECT_TRUE(Inheritance::take().addresses(Door::kClients).empty());
  EXPECT_EQ(::getenv("LISTEN_FDS"), nullptr);
}

}  // namespace
}  // namespace bramble
