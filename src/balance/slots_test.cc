// SPDX-License-Identifier: Apache-2.0
#include "balance/slots.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

BackendOptions named(const std::string& name, const std::string& address = "10.0.0.1:80") {
  return {.name = name, .address = parse_address(address).value()};
}

// "a b- c": names by slot, those that leave with a minus.
std::string shown(const std::vector<BackendOptions>& slots) {
  std::string text;
  for (const BackendOptions& slot : slots)
    text += (text.empty() ? "" : " ") + slot.name + (slot.leaving ? "-" : "");
  return text;
}

TEST(Slots, ThoseThatStayKeepTheirs) {
  const auto slots = place_backends({named("a"), named("b"), named("c")}, {false, false, false},
                                    {named("c"), named("d"), named("a")});
  EXPECT_EQ(shown(slots), "a b- c d");
}

TEST(Slots, TakeTheNewWeightAndKindOfOneThatStays) {
  BackendOptions heavier = named("a");
  heavier.weight = 3;
  heavier.backup = true;
  const auto slots = place_backends({named("a")}, {false}, {heavier});
  ASSERT_EQ(slots.size(), 1U);
  EXPECT_EQ(slots[0].weight, 3);
  EXPECT_TRUE(slots[0].backup);
}

TEST(Slots, AnotherAddressIsAnotherBackend) {
  const auto slots = place_backends({named("a")}, {false}, {named("a", "10.0.0.2:80")});
  EXPECT_EQ(shown(slots), "a- a");
}

TEST(Slots, FreeOnesAreUsedAgainAndOthersAreNot) {
  const auto slots = place_backends({named("a"), named("b"), named("c")}, {true, false, true},
                                    {named("x"), named("b"), named("y"), named("z")});
  EXPECT_EQ(shown(slots), "x b y z");
  EXPECT_EQ(shown(place_backends({named("a")}, {false}, {named("x")})), "a- x");
}

TEST(Slots, OneThatComesBackBeforeItHasLeftStays) {
  std::vector<BackendOptions> slots = place_backends({named("a")}, {false}, {named("x")});
  slots = place_backends(slots, {false, false}, {named("a"), named("x")});
  EXPECT_EQ(shown(slots), "a x");
}

TEST(Slots, TheSameBackendNamedTwiceIsTwo) {
  const auto slots = place_backends({named("a")}, {false}, {named("a"), named("a")});
  EXPECT_EQ(shown(slots), "a a");
}

TEST(Slots, KeepTheSeatsOfThoseThatStay) {
  const auto limited = [](BackendOptions backend, std::size_t most) {
    backend.requests_max = most;
    return backend;
  };
  std::vector<BackendOptions> before = {limited(named("a"), 2), named("b"), limited(named("c"), 1)};
  give_seats(before, {});
  EXPECT_EQ(before[1].seats, nullptr) << "it has no limit";
  ASSERT_TRUE(before[0].seats->take());
  std::vector<BackendOptions> after = {limited(named("a"), 1), limited(named("b"), 1),
                                       limited(named("d"), 1)};
  give_seats(after, before);
  EXPECT_EQ(after[0].seats, before[0].seats);
  EXPECT_TRUE(after[0].seats->full()) << "by the new limit";
  EXPECT_FALSE(after[1].seats->full());
  EXPECT_NE(after[2].seats, before[2].seats) << "another backend";
}

}  // namespace
}  // namespace bramble::balance
