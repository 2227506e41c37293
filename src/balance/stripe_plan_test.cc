// SPDX-License-Identifier: Apache-2.0
#include "balance/stripe_plan.hh"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace bramble::balance {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMega = 1024 * 1024;
constexpr milliseconds kStep{1};

// Lanes whose cables give so many bytes a second, from `silent_after` on none; and a visitor who
// takes so many.
struct Cable {
  double rate = 0;
  milliseconds answers_after{2};
  milliseconds silent_after = milliseconds::max();
};

struct Course {
  double seconds = 0;
  std::uint64_t ahead_most = 0;      // received, and not handed on
  std::vector<std::uint64_t> bytes;  // by lane
  milliseconds silence_most{0};      // of what the visitor got
};

class Simulation {
 public:
  Simulation(std::vector<Cable> cables, std::uint64_t bytes, std::uint64_t window, double guess)
      : cables_(std::move(cables)),
        plan_(0, bytes, window, cables_.size(), guess),
        begun_(cables_.size()),
        credit_(cables_.size()) {
    run_.bytes.resize(cables_.size());
  }

  Course run(double visitor_rate) {
    double taken = 0;
    milliseconds silence{0};
    while (!plan_.done() && at_ < milliseconds(600'000)) {
      give_work();
      for (std::size_t i = 0; i < cables_.size(); ++i) receive(i);
      taken = std::min(taken + visitor_rate * 0.001, 4.0 * kMega);
      const std::uint64_t handed = hand_on(static_cast<std::uint64_t>(taken));
      taken -= static_cast<double>(handed);
      silence = handed > 0 ? milliseconds(0) : silence + kStep;
      run_.silence_most = std::max(run_.silence_most, silence);
      at_ += kStep;
    }
    EXPECT_TRUE(plan_.done());
    run_.seconds = std::chrono::duration<double>(at_).count();
    return run_;
  }

 private:
  Monotonic now() const { return Monotonic(milliseconds(1'000'000) + at_); }

  void give_work() {
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < cables_.size(); ++i)
      if (plan_.piece_of(i) == nullptr) free.push_back(i);
    std::ranges::sort(free, std::greater(), [&](std::size_t i) { return plan_.rate_of(i); });
    for (const std::size_t i : free)
      if (plan_.take(i, now()) != nullptr) begun_[i] = at_;
  }

  void receive(std::size_t i) {
    const StripePlan::Piece* piece = plan_.piece_of(i);
    if (piece == nullptr || at_ - begun_[i] < cables_[i].answers_after) return;
    if (at_ >= cables_[i].silent_after) return;
    credit_[i] += cables_[i].rate * 0.001;
    const auto bytes = std::min(static_cast<std::uint64_t>(credit_[i]), piece->missing());
    if (bytes == 0) return;
    credit_[i] = bytes == piece->missing() ? 0 : credit_[i] - static_cast<double>(bytes);
    run_.bytes[i] += bytes;
    plan_.received(i, bytes, now());
  }

  std::uint64_t hand_on(std::uint64_t most) {
    std::uint64_t ahead = 0;
    for (const StripePlan::Piece& piece : plan_.pieces()) ahead += piece.have;
    if (ahead > 0) ahead -= plan_.delivered() - plan_.front().first;
    std::uint64_t handed = 0;
    while (handed < most && !plan_.pieces().empty()) {
      const StripePlan::Piece& front = plan_.front();
      const std::uint64_t ready = front.first + front.have - plan_.delivered();
      if (ready == 0) break;
      const std::uint64_t some = std::min(ready, most - handed);
      plan_.handed_on(some);
      handed += some;
    }
    run_.ahead_most = std::max(run_.ahead_most, ahead);
    return handed;
  }

  std::vector<Cable> cables_;
  StripePlan plan_;
  milliseconds at_{0};
  std::vector<milliseconds> begun_;
  std::vector<double> credit_;
  Course run_;
};

constexpr double kFast = 12.5e6;  // 100 Mbit/s
constexpr double kSlow = 3.75e6;  // 30 Mbit/s
constexpr double kEager = 1e9;

TEST(StripePlan, ThreeEqualCablesGiveNearlyTheirSum) {
  const Course run =
      Simulation({{kFast}, {kFast}, {kFast}}, 256 * kMega, 8 * kMega, kFast).run(kEager);
  EXPECT_LT(run.seconds, 256.0 * kMega / (2.9 * kFast));
  EXPECT_LE(run.ahead_most, 8 * kMega);
  for (const std::uint64_t bytes : run.bytes)
    EXPECT_NEAR(static_cast<double>(bytes), 256.0 * kMega / 3, 8.0 * kMega);
}

TEST(StripePlan, ASlowCableGetsLess) {
  const Course run =
      Simulation({{kFast}, {kSlow}, {kFast}}, 256 * kMega, 8 * kMega, kFast).run(kEager);
  EXPECT_LT(run.seconds, 256.0 * kMega / (0.96 * (2 * kFast + kSlow)));
  EXPECT_NEAR(static_cast<double>(run.bytes[1]) / static_cast<double>(run.bytes[0]), 0.3, 0.05);
}

TEST(StripePlan, AVerySlowOneHoldsNobodyUp) {
  const Course run =
      Simulation({{kFast}, {1e5}, {kFast}}, 128 * kMega, 8 * kMega, kFast).run(kEager);
  EXPECT_LT(run.seconds, 128.0 * kMega / (0.9 * 2 * kFast));
}

TEST(StripePlan, ASilentLanesPieceIsAnothersSoon) {
  const Cable dies{.rate = kFast, .silent_after = milliseconds(1500)};
  const Course run =
      Simulation({{kFast}, dies, {kFast}}, 128 * kMega, 8 * kMega, kFast).run(kEager);
  EXPECT_LT(run.seconds, 128.0 * kMega / (1.85 * kFast));
}

// Though there is room for others' work for two seconds.
TEST(StripePlan, WhatASilentLaneOwesComesBeforeNewWork) {
  const Cable dies{.rate = 2e6, .silent_after = milliseconds(1550)};
  const Course run = Simulation({{2e6}, dies, {2e6}}, 32 * kMega, 8 * kMega, 2e6).run(kEager);
  EXPECT_LE(run.silence_most, StripePlan::kSilent + 2 * StripePlan::kPieceTime);
}

TEST(StripePlan, NothingIsReceivedAheadOfTheWindow) {
  const Course run = Simulation({{kFast}, {kFast}, {kFast}}, 64 * kMega, 2 * kMega, kFast).run(5e6);
  EXPECT_LE(run.ahead_most, 2 * kMega);
  EXPECT_NEAR(run.seconds, 64.0 * kMega / 5e6, 0.5);
}

TEST(StripePlan, WhatIsGivenUpIsAskedOfOthersFromWhereItEnded) {
  const Monotonic now(milliseconds(1000));
  StripePlan plan(0, 10 * kMega, 8 * kMega, 2, kFast);
  StripePlan::Piece* first = plan.take(0, now);
  ASSERT_NE(first, nullptr);
  const std::uint64_t end = first->end;
  plan.received(0, 1000, now);
  plan.give_up(0);
  EXPECT_EQ(plan.piece_of(0), nullptr);
  const StripePlan::Piece* rest = plan.take(1, now);
  ASSERT_NE(rest, nullptr);
  EXPECT_EQ(rest->first, 1000U);
  EXPECT_EQ(rest->end, end);
  EXPECT_EQ(rest->missing(), end - 1000);
}

TEST(StripePlan, TheEndIsShared) {
  const Monotonic now(milliseconds(1000));
  StripePlan plan(0, kMega, 8 * kMega, 2, 10.0 * kMega);
  StripePlan::Piece* all = plan.take(0, now);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->end, kMega);
  EXPECT_EQ(plan.take(1, now), nullptr) << "it will be there in 100 ms";
  plan.received(0, kMega / 16, now + milliseconds(260));
  const StripePlan::Piece* help = plan.take(1, now + milliseconds(260));
  ASSERT_NE(help, nullptr) << "it takes four seconds at this rate";
  EXPECT_EQ(help->end, kMega);
  EXPECT_EQ(help->first, all->end);
  EXPECT_LT(all->missing(), help->missing());
}

}  // namespace
}  // namespace bramble::balance
