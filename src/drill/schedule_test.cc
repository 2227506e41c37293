// SPDX-License-Identifier: Apache-2.0
#include "drill/schedule.hh"

#include <gmock/gmock.h>

#include <set>

namespace bramble::drill {
namespace {

using std::chrono::milliseconds;

std::vector<std::pair<milliseconds, std::size_t>> moments(const std::vector<Fault>& faults) {
  std::vector<std::pair<milliseconds, std::size_t>> all;
  all.reserve(faults.size());
  for (const Fault& fault : faults) all.emplace_back(fault.well, fault.host);
  return all;
}

TEST(Schedule, WithoutASeedHostsBreakInTurnAfterAQuarter) {
  const std::vector<Fault> faults =
      schedule_of({.time = milliseconds(30'000), .times = 3, .hosts = 2});
  EXPECT_THAT(moments(faults), testing::ElementsAre(std::pair(milliseconds(2'500), 0),
                                                    std::pair(milliseconds(2'500), 1),
                                                    std::pair(milliseconds(2'500), 0)));
  EXPECT_EQ(faults[0].broken, milliseconds(5'000));
  EXPECT_EQ(faults[0].mended, milliseconds(2'500));
}

TEST(Schedule, ASeedGivesTheSameFaultsAgainAndAnotherOneOthers) {
  const auto of = [](std::uint64_t seed) {
    return moments(
        schedule_of({.time = milliseconds(200'000), .times = 20, .hosts = 3, .seed = seed}));
  };
  EXPECT_EQ(of(7), of(7));
  EXPECT_NE(of(7), of(8));
}

TEST(Schedule, RandomMomentsLieInTheFirstHalfOfEachShare) {
  std::set<std::size_t> hosts;
  for (const Fault& fault :
       schedule_of({.time = milliseconds(100'000), .times = 100, .hosts = 3, .seed = 1})) {
    EXPECT_GE(fault.well, milliseconds(0));
    EXPECT_LE(fault.well, milliseconds(500));
    EXPECT_EQ(fault.broken, milliseconds(500));
    EXPECT_EQ(fault.well + fault.broken + fault.mended, milliseconds(1'000));
    hosts.insert(fault.host);
  }
  EXPECT_THAT(hosts, testing::ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace bramble::drill
