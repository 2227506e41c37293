// SPDX-License-Identifier: Apache-2.0
#include "node/geo_supervisor.hh"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace bramble {
namespace {

using namespace std::chrono_literals;
using Action = GeoDecision::Action;

// A node that is looked at every twenty seconds. Heartbeats here go on by themselves; those
// off-site follow where they are said to.
class GeoSupervisorTest : public testing::Test {
 protected:
  void SetUp() override { arrive(); }

  void arrive() { seen_.beat_there = clock_.wall() - 5s; }

  // Looks for that long, and gives what was done meanwhile: "." nothing, "S" start, "R" restart.
  std::string watch(
      std::chrono::seconds span, const std::function<void()>& each = [] {}) {
    std::string done;
    for (auto left = span; left > 0s; left -= 20s) {
      clock_.advance(20s);
      each();
      seen_.now = clock_.now();
      seen_.wall = clock_.wall();
      seen_.beat_here = clock_.wall() - 2s;
      const GeoDecision decision = supervisor_.observe(seen_);
      EXPECT_EQ(decision.why.empty(), decision.action == Action::kNone);
      done += decision.action == Action::kNone    ? '.'
              : decision.action == Action::kStart ? 'S'
                                                  : 'R';
    }
    return done;
  }

  FakeClock clock_;
  GeoSupervisor supervisor_;
  GeoObservation seen_{
      .wanted = true, .monitor = true, .active = true, .writer = true, .offsite_answers = true};
};

TEST_F(GeoSupervisorTest, WhileHeartbeatsArriveNothingIsDone) {
  EXPECT_EQ(watch(10min, [this] { arrive(); }), std::string(30, '.'));
}

TEST_F(GeoSupervisorTest, ADeadMonitorIsStartedAndGivenTimeToCome) {
  seen_.monitor = false;
  EXPECT_EQ(watch(60s), "..S");
  EXPECT_EQ(watch(120s), ".....S");  // twice the wait
  EXPECT_EQ(watch(240s), "...........S");
  seen_.monitor = true;
  EXPECT_EQ(watch(10min, [this] { arrive(); }), std::string(30, '.'));
  seen_.monitor = false;
  EXPECT_EQ(watch(180s), "..S.....S");  // and from the beginning
}

TEST_F(GeoSupervisorTest, AStartThatFailedIsTriedAgainAtTheNextLook) {
  seen_.monitor = false;
  EXPECT_EQ(watch(60s), "..S");
  for (int i = 0; i < 5; ++i) {
    supervisor_.failed();
    if (i < 4) {
      EXPECT_EQ(watch(20s), "S");
    }
  }
  EXPECT_EQ(watch(60s), "..S") << "then with pauses";
  supervisor_.failed();
  EXPECT_EQ(watch(120s), ".....S");
  EXPECT_EQ(watch(120s), ".....S") << "the first that did not fail and did not help";
  seen_.monitor = true;
  EXPECT_EQ(watch(100s, [this] { arrive(); }), ".....");
  seen_.monitor = false;
  EXPECT_EQ(watch(60s), "..S");
  supervisor_.failed();
  EXPECT_EQ(watch(20s), "S") << "from the beginning";
}

TEST_F(GeoSupervisorTest, NoWaitGrowsForEver) {
  EXPECT_NE(watch(100h).find('R'), std::string::npos);
  EXPECT_NE(watch(18h).find('R'), std::string::npos);
  seen_.monitor = false;
  EXPECT_NE(watch(10h).find('S'), std::string::npos);
  EXPECT_NE(watch(17min).find('S'), std::string::npos);
  seen_.start_owed = true;
  std::string done;
  for (int i = 0; i < 2000; ++i) {
    done += watch(20s);
    if (done.back() == 'S') supervisor_.failed();
  }
  EXPECT_NE(done.rfind('S'), std::string::npos);
  EXPECT_LT(done.size() - done.rfind('S'), 52) << "seventeen minutes";
}

TEST_F(GeoSupervisorTest, AnOwedStartThatFailedIsNoneOfADeadMonitors) {
  seen_.monitor = false;
  seen_.start_owed = true;
  EXPECT_EQ(watch(20s), "S");
  supervisor_.failed();
  seen_.start_owed = false;
  EXPECT_EQ(watch(180s), "..S.....S");
}

TEST_F(GeoSupervisorTest, AnOwedStartIsMadeUpForWhateverElseIsSeen) {
  seen_.wanted = seen_.monitor = false;
  seen_.start_owed = true;
  EXPECT_EQ(watch(20s), "S");
  supervisor_.failed();
  EXPECT_EQ(watch(20s), "S");
  seen_.start_owed = false;
  EXPECT_EQ(watch(10min), std::string(30, '.')) << "somebody has stopped it since";
}

TEST_F(GeoSupervisorTest, AMonitorThatSomebodyRestartsIsLeftToThem) {
  seen_.monitor = false;
  EXPECT_EQ(watch(40s), "..");
  seen_.monitor = true;
  EXPECT_EQ(watch(20s), ".");
  seen_.monitor = false;
  EXPECT_EQ(watch(40s), "..");
}

TEST_F(GeoSupervisorTest, WhatWasStoppedOnPurposeStaysSo) {
  seen_.monitor = false;
  seen_.wanted = false;
  EXPECT_EQ(watch(10min), std::string(30, '.'));
}

TEST_F(GeoSupervisorTest, WhatIsStartedAfterThatIsJudgedFromTheBeginning) {
  EXPECT_EQ(watch(80s), "....");
  seen_.wanted = false;
  EXPECT_EQ(watch(20s), ".");
  seen_.wanted = true;
  EXPECT_EQ(watch(100s), "....R");
}

TEST_F(GeoSupervisorTest, AHungCrawlIsRestartedAndGivenMorePatienceEachTime) {
  EXPECT_EQ(watch(100s), "....R");    // the first look knows none before; awaited for 60 s then
  EXPECT_EQ(watch(140s), "......R");  // 120 s
  EXPECT_EQ(watch(260s), "............R");
  arrive();
  EXPECT_EQ(watch(100s), "....R");  // one has arrived at the first look: as ever
}

// Quiet heartbeats are two minutes apart: the one that does not arrive is seldom much younger than
// the one before.
TEST_F(GeoSupervisorTest, OneHeartbeatThatDoesNotArriveIsEnough) {
  const WallTime beat = clock_.wall();
  seen_.beat_there = beat - 4s;
  std::string done;
  for (int i = 0; i < 5; ++i) {
    clock_.advance(20s);
    seen_.now = clock_.now();
    seen_.beat_here = beat;
    done += supervisor_.observe(seen_).action == Action::kRestart ? 'R' : '.';
  }
  EXPECT_EQ(done, "....R");
}

TEST_F(GeoSupervisorTest, OneThatAWrongClockWroteAndThatHasArrivedHidesNoHang) {
  seen_.beat_there = clock_.wall() + 2h;
  EXPECT_EQ(watch(100s), "....R");
}

TEST_F(GeoSupervisorTest, WhereALaterOneHasArrivedThanIsSeenHereAllIsWell) {
  EXPECT_EQ(watch(20s), ".");
  seen_.beat_there = clock_.wall();
  for (int i = 0; i < 10; ++i) {
    clock_.advance(20s);
    seen_.now = clock_.now();
    seen_.wall = clock_.wall();
    EXPECT_EQ(supervisor_.observe(seen_).action, Action::kNone);
  }
}

TEST_F(GeoSupervisorTest, ACutLinkIsNoHang) {
  EXPECT_EQ(watch(80s), "....");
  seen_.offsite_answers = false;
  EXPECT_EQ(watch(10min), std::string(30, '.'));
  seen_.offsite_answers = true;
  EXPECT_EQ(watch(60s), "...");  // it may catch up first
}

TEST_F(GeoSupervisorTest, ALargeFileTakesItsTime) {
  std::uint64_t bytes = 0;
  EXPECT_EQ(watch(10min, [&] { seen_.bytes_carried = bytes += 1'000'000; }), std::string(30, '.'));
  EXPECT_EQ(watch(80s), "...R");  // and then no more bytes
}

TEST_F(GeoSupervisorTest, ManyNamesTakeTheirTime) {
  EXPECT_EQ(watch(10min, [&] { seen_.progress.last_synced_names += 5; }), std::string(30, '.'));
  EXPECT_EQ(watch(10min, [&] { seen_.progress.pending += 1000; }), std::string(30, '.'));
  EXPECT_EQ(watch(80s), "...R");
}

// It follows the journals, and hears of none.
TEST_F(GeoSupervisorTest, OneThatSaysThatItHasNothingToDoIsNotWaitedForLong) {
  seen_.follows = true;
  EXPECT_EQ(watch(80s), "...R");     // the first look knows none before; awaited for 25 s then
  EXPECT_EQ(watch(80s), "...R");     // 50 s
  EXPECT_EQ(watch(120s), ".....R");  // 100 s
  arrive();
  seen_.progress.pending = 1;
  EXPECT_EQ(watch(100s), "....R") << "it has something to do, and may be busy with it";
}

TEST_F(GeoSupervisorTest, ANodeThatDoesNotCopyDoesNotJudge) {
  seen_.active = false;
  seen_.writer = false;
  EXPECT_EQ(watch(1h), std::string(180, '.'));
}

TEST_F(GeoSupervisorTest, WhereNobodyCopiesTheWriterJudgesLater) {
  seen_.active = false;
  EXPECT_EQ(watch(16min), std::string(46, '.').append("R."));
}

// What is written there by itself, logs and the like, is less.
TEST_F(GeoSupervisorTest, WhereAnotherNodesTransferFillsTheCopyTheWriterWaits) {
  seen_.active = false;
  seen_.free_there = 10'000'000'000;
  EXPECT_EQ(watch(3h, [this] { *seen_.free_there -= 1'000'000; }), std::string(540, '.'));
  EXPECT_EQ(watch(16min, [this] { *seen_.free_there -= 10'000; }), std::string(45, '.') + "R..");
  seen_.active = true;
  EXPECT_NE(watch(5min, [this] { *seen_.free_there -= 1'000'000; }).find('R'), std::string::npos)
      << "who copies knows better";
}

TEST_F(GeoSupervisorTest, AFirstCopyWithoutAnyHeartbeatIsJudgedAlike) {
  seen_.beat_there.reset();
  EXPECT_EQ(watch(80s), "...R");
}

TEST_F(GeoSupervisorTest, WithoutHeartbeatsHereNothingCanBeSaid) {
  for (int i = 0; i < 60; ++i) {
    clock_.advance(20s);
    seen_.now = clock_.now();
    EXPECT_EQ(supervisor_.observe(seen_).action, Action::kNone);
  }
}

}  // namespace
}  // namespace bramble
