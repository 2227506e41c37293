// SPDX-License-Identifier: Apache-2.0
// A body in pieces, each fetched by one lane (a stream from one backend), handed on in order.
//
//     delivered        next
//         │◄─── window ───┼────►│
//     ════╪═════╦═══════╦═╪═ ─ ─ ─ ─ ─ ─ ─
//         │ A   ║ B     ║C│      nobody's yet
//     ════╪═════╩═══════╩═╪═ ─ ─ ─ ─ ─ ─ ─
//
// - A piece is as long as its lane, as fast as it was lately, needs kPieceTime for: a slow one gets
//   less, and all are done at about the same time.
// - What is received ahead of its turn lies in memory: the window, in bytes, bounds it.
// - A lane that finds nothing to fetch helps with the piece that all wait for, where that is late:
//   it takes over the end of it, by the rates of both, or all that is missing where its lane has
//   been silent for kLate. At the body's end, likewise.
// - Where that lane has been silent for kSilent, its piece comes before anything new: with a large
//   window and slow lanes, nobody would be without other work for seconds.
// - What a lane gives up is asked of others, before anything else.
//
// Pure: time is told. Offsets are bytes of the body.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "balance/blocks.hh"
#include "base/clock.hh"

namespace bramble::balance {

class StripePlan {
 public:
  static constexpr std::chrono::milliseconds kPieceTime{100};
  static constexpr std::chrono::milliseconds kLate{250};
  static constexpr std::chrono::milliseconds kSilent{500};
  static constexpr std::uint64_t kPieceBytesMin = 128 * 1024;
  static constexpr std::size_t kNobody = SIZE_MAX;

  struct Piece {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::uint64_t have = 0;  // received, from first on
    std::size_t lane = kNobody;
    Blocks data;  // of these, what is not handed on yet

    std::uint64_t missing() const { return end - first - have; }
  };

  // The bytes from first to end, by so many lanes; each is believed to give `rate` bytes a second.
  StripePlan(std::uint64_t first, std::uint64_t end, std::uint64_t window, std::size_t lanes,
             double rate);

  // Work for a lane that has none: nullptr where there is nothing, or no room. It stays valid until
  // the lane has received it whole, gave it up, or lost it.
  Piece* take(std::size_t lane, Monotonic now);
  // The first piece, of the stream that was there before: longer, so that others can prove
  // themselves meanwhile. Nobody takes it over until release_first().
  Piece* take_first(std::size_t lane, Monotonic now);
  void release_first() { first_is_kept_ = false; }
  Piece* piece_of(std::size_t lane) const { return lanes_[lane].piece; }
  void received(std::size_t lane, std::uint64_t bytes, Monotonic now);
  void give_up(std::size_t lane);
  double rate_of(std::size_t lane) const { return lanes_[lane].rate; }

  // The piece that holds the next bytes to hand on. Not when all are.
  Piece& front() { return pieces_.front(); }
  void handed_on(std::uint64_t bytes);  // of front()
  std::uint64_t delivered() const { return delivered_; }
  bool done() const { return delivered_ == end_; }
  std::list<Piece>& pieces() { return pieces_; }

 private:
  using Place = std::list<Piece>::iterator;

  struct Lane {
    Piece* piece = nullptr;
    double rate = 0;  // bytes per second
    Monotonic asked{};
    Monotonic heard{};
  };

  Piece* give(std::size_t lane, Place piece, Monotonic now);
  Piece* take_new(std::size_t lane, std::uint64_t size, Monotonic now);
  Piece* take_silent(std::size_t lane, Monotonic now);
  Piece* take_over(std::size_t lane, Monotonic now);
  void drop_delivered();
  std::uint64_t size_for(std::size_t lane) const;
  double rate_now(const Lane& lane, Monotonic now) const;

  bool first_is_kept_ = false;
  std::uint64_t end_;
  std::uint64_t window_;
  std::uint64_t delivered_;
  std::uint64_t next_;  // from here on nothing was asked for yet
  std::vector<Lane> lanes_;
  std::list<Piece> pieces_;  // from delivered_ to next_, in order, without a gap
};

}  // namespace bramble::balance
