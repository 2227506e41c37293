// SPDX-License-Identifier: Apache-2.0
// Two backends for one request. A GET that has waited longer than 95 of 100 answers of its backend
// lately took is asked of a second one as well, and the first answer counts: the visitor of a
// backend that hangs (its plug was pulled, it was stopped) waits some 0.1 s instead of a timeout.
// What either has said of a head is kept until one of them is whole.
//
//     connection_ ── silent for answer_patience() ──► other_        a second one becomes
//     connection_ either speaks ─► it is connection_ ─ its answer begins ─► the other is closed
//     either fails  ─► the other goes on, and a third is asked; so it is where one answers 5xx
//     nobody is there for it, or has room ─► in a moment once more
//
// Each hedge is paid from the retry budget, so that a slow day of all backends makes no storm.
// Source: J. Dean, L. Barroso, "The Tail at Scale" (2013).
#include <algorithm>
#include <utility>

#include "balance/bounds.hh"
#include "balance/exchange.hh"

namespace bramble::balance {
namespace {

constexpr int kLatenciesPatient = 4;  // smoothed, where too little is known of the backend
constexpr std::chrono::milliseconds kHedgeAgain{300};

}  // namespace

std::chrono::milliseconds Exchange::connect_patience() const {
  const bool others = tries_left() && worker_.another_is_healthy(backend_, tried());
  const auto all = worker_.timeouts().connect;
  return others ? std::min(all, kConnectPatience) : all;
}

std::chrono::milliseconds Exchange::answer_patience() const {
  if (!may_hedge()) return worker_.timeouts().answer;
  const Load& load = worker_.load(backend_);
  const auto usual = std::chrono::ceil<std::chrono::milliseconds>(
      load.latency_p95.count() != 0 ? load.latency_p95 : load.latency * kLatenciesPatient);
  return std::min(worker_.timeouts().answer, std::max(worker_.timeouts().hedge, usual));
}

// Not for a sticky visitor at its backend: that holds its session, and another begins a new one.
// Nor while the request's body comes: then it is its visitor who is waited for.
bool Exchange::may_hedge() const {
  const bool at_its_own = !narrowing_ && preference_.identity == worker_.load(backend_).identity;
  return hedgeable_ && request_body_.done() && !hedged_ && !at_its_own &&
         worker_.timeouts().hedge.count() != 0;
}

void Exchange::hedge() {
  const bool sensible = sent_ == request_.size() && replayable_ && tries_left();
  if (!sensible || !worker_.another_is_healthy(backend_, tried(), /*with_room=*/true) ||
      !worker_.retry_budget().take())
    return hedge_later();
  hedged_ = true;
  worker_.loop().arm(timer_, worker_.timeouts().answer);
  worker_.counters().hedges.add();
  if (!std::exchange(told_late_, true))
    worker_.backend_is_late(backend_, worker_.loop().now() - asked_);
  const std::size_t tried_before = tried_count_;
  note_tried();
  other_noted_ = tried_count_ > tried_before;
  other_ = std::exchange(connection_, nullptr);
  other_backend_ = backend_;
  other_seats_ = std::exchange(seats_, nullptr);
  other_asked_ = asked_;
  other_sent_ = sent_;
  other_head_.clear();
  answer_head_.swap(other_head_);
  in_flight_ = fresh_only_ = false;
  phase_ = Phase::kChoosing;
  advance();
}

// Each time after as long again, and for as long as a backend is waited for at all.
void Exchange::hedge_later() {
  const auto waited = worker_.loop().now() - asked_;
  const auto left = std::max<Monotonic::duration>(worker_.timeouts().answer - waited, {});
  const auto again = may_hedge() ? std::max<Monotonic::duration>(kHedgeAgain, waited) : left;
  worker_.loop().arm(timer_, std::min(again, left));
}

bool Exchange::other_has_word() const { return other_ != nullptr && other_->wire().readable(); }

void Exchange::swap_with_other() {
  std::swap(connection_, other_);
  std::swap(backend_, other_backend_);
  std::swap(seats_, other_seats_);
  std::swap(asked_, other_asked_);
  std::swap(sent_, other_sent_);
  answer_head_.swap(other_head_);
  request_given_up_ = false;
}

// There is nobody for it, or no descriptor: the first backend alone is asked again.
Exchange::Step Exchange::hedge_came_to_nothing() {
  if (other_noted_) --tried_count_;
  return go_on_with_other();
}

// The backend asked last has been left.
Exchange::Step Exchange::go_on_with_other() {
  connection_ = std::exchange(other_, nullptr);
  backend_ = other_backend_;
  seats_ = std::exchange(other_seats_, nullptr);
  asked_ = other_asked_;
  sent_ = other_sent_;
  in_flight_ = true;
  request_given_up_ = false;
  answer_head_.swap(other_head_);
  phase_ = Phase::kAsking;
  hedged_ = false;
  hedge_later();
  return Step::kGoOn;
}

// Whoever was asked first and still lost the race is suspected: five times in a row eject it. No
// race is lost to an error, nor where the visitor leaves before either has answered.
void Exchange::leave_other() {
  if (other_ == nullptr) return;
  worker_.request_ended(other_backend_, other_seats_);
  std::exchange(other_, nullptr)->close();
  if (answering_ && !resuming_ && status_ < 500 && other_asked_ < asked_)
    worker_.backend_failed(other_backend_, Report::kFailed, "others answer much faster");
}

}  // namespace bramble::balance
