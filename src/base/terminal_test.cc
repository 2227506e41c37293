// SPDX-License-Identifier: Apache-2.0
#include "base/terminal.hh"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>

#include "base/interrupt.hh"

namespace bramble {
namespace {

TEST(ReadLine, GivesLineAfterLineAndWhatStandsBeforeTheEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], "y\nno\nlast", 9), 9);
  ::close(ends[1]);
  EXPECT_EQ(read_line(ends[0]), "y");
  EXPECT_EQ(read_line(ends[0]), "no");
  EXPECT_EQ(read_line(ends[0]), "last");
  EXPECT_EQ(read_line(ends[0]), "");
  ::close(ends[0]);
}

// In a process of its own: an interrupt holds for the whole of it.
TEST(ReadLineDeathTest, EndsAtAnInterruptThoughNobodyTypes) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto interrupt_the_question = [signal] {
      std::array<int, 2> ends{};
      if (::pipe(ends.data()) != 0) ::_exit(1);
      ::signal(SIGINT, SIG_DFL);  // ignored where the tests run in a script's background
      catch_interrupts();
      ::raise(signal);
      ::_exit(read_line(ends[0]).empty() && interrupted() ? 0 : 1);
    };
    EXPECT_EXIT(interrupt_the_question(), testing::ExitedWithCode(0), "");
  }
}

}  // namespace
}  // namespace bramble
