// SPDX-License-Identifier: Apache-2.0
// One body from several backends at once: its pieces (see stripe_plan.hh), and the lanes that fetch
// them. What is ready is handed on by the exchange, whose turn is asked for by changed().
//
// Every piece is asked for with the ETag of the answer under way, and taken only where ETag,
// coding, range and length fit (see remainder.hh). The stream under way is given up only when
// another lane has proven itself: until then it is held at its piece's end, for
// StripePlan::kLate at most, and then goes on alone. Belongs to its exchange.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/lane.hh"
#include "balance/remainder.hh"

namespace bramble::balance {

class Stripe {
 public:
  // What memory one takes.
  static constexpr std::size_t kWindowMin = 2 * 1024 * 1024;
  static constexpr std::size_t kWindowMax = 8 * 1024 * 1024;

  struct Stream {
    BackendConnection* connection = nullptr;
    std::shared_ptr<Seats> seats;
    std::size_t backend = 0;
    std::uint64_t delivered = 0;  // of the body
    bool persistent = false;
    double rate = 0;  // bytes per second
  };

  struct Request {
    std::string_view head;       // a GET's, whole
    const Remainder& remainder;  // of the answer under way; outlives the stripe
  };

  enum class Outcome : std::uint8_t {
    kGoing,
    kBack,    // the stream under way is all there is: release() gives it back
    kNarrow,  // one stream is enough
    kFailed,  // nobody can give what is missing
  };

  // `memory` was taken from the worker's budget, and is given back at the end. The stream is that
  // of `backend`; others join.
  Stripe(Worker& worker, Deferred& owner, const Request& request, std::size_t memory, Stream stream,
         std::span<const std::size_t> others);
  ~Stripe();
  Stripe(const Stripe&) = delete;
  Stripe& operator=(const Stripe&) = delete;

  // The bytes that come next, as far as they lie in one piece; and that so many were handed on.
  std::string_view ready();
  void handed_on(std::size_t bytes);

  // Gives work to who has none, and looks whether all this is of use. To be called after each
  // change, and each kPulse, with whether the visitor's socket is full.
  static constexpr std::chrono::milliseconds kPulse{50};
  Outcome manage(bool visitor_is_slow);
  Stream release();
  // Where one lane has its place still: kNarrow. The rest need not wait for another.
  struct Place {
    std::size_t backend = 0;
    std::shared_ptr<Seats> seats;
  };
  std::optional<Place> hand_over_place();

  unsigned lanes_used() const;
  std::size_t fastest() const;  // the backend that gives most

  // For its lanes. --------------------------------------------------------------------------------
  Worker& worker() { return worker_; }
  StripePlan& plan() { return plan_; }
  BlockPool& pool() { return worker_.blocks(); }
  bool proven() const { return proven_; }
  void prove();
  std::string request_for(std::uint64_t first, std::uint64_t end) const;
  bool fits(const http::ResponseHead& head, std::uint64_t first, std::uint64_t end) const;
  void received(std::size_t lane, std::uint64_t bytes);
  void changed() { worker_.loop().defer(owner_); }

 private:
  bool pays();
  Outcome starve(bool held, bool helped);
  unsigned others_requests() const;
  void make_way();
  void give_work();
  bool is_faster(const Lane& lane, const Lane& than) const;
  const Lane* keeper() const;
  void free_places();

  Worker& worker_;
  Deferred& owner_;
  const std::string head_;
  const Remainder& remainder_;
  const std::size_t memory_;
  const double rate_before_;
  StripePlan plan_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // the first has the stream that was there before
  std::vector<Lane*> free_;                   // scratch
  bool proven_ = false;
  bool narrowing_ = false;
  Monotonic starving_since_{};    // nothing is ready, nothing is under way
  const unsigned others_before_;  // requests at the same backends
  unsigned looks_ = 0;
  unsigned looks_slow_ = 0;  // of these, the visitor was
  Monotonic since_;
  std::uint64_t delivered_then_;
};

}  // namespace bramble::balance
