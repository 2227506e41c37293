// SPDX-License-Identifier: Apache-2.0
// One backend's part in a striped body: it is asked for one piece after the other.
//
//     kIdle ─ fetch ─► kConnecting ─► kAsking ─► kGiving ── the piece is whole ──► kIdle
//       ▲ └── pooled connection ─────────┘          │ the stream that was there before the
//       │                                           ▼ stripe, and no other lane has proven itself
//       │ its backend is healthy again, and        kHeld
//       └── some time has passed ── kLost ◄── fails, gives another representation, or makes way
//
// A piece may become shorter while it is fetched, or be taken away: then the connection ends with
// it. What is received lies in the piece. Belongs to its stripe, on its worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "balance/backend_connection.hh"
#include "balance/stripe_plan.hh"
#include "balance/worker.hh"

namespace bramble::balance {

class Stripe;

class Lane final : Asker, Deferred {
 public:
  enum class State : std::uint8_t { kIdle, kConnecting, kAsking, kGiving, kHeld, kLost };

  Lane(Stripe& stripe, std::size_t index, std::size_t backend);
  ~Lane();

  State state() const { return state_; }
  std::size_t index() const { return index_; }
  std::size_t backend() const { return backend_; }
  bool persistent() const { return persistent_; }  // the connection, once all is received
  bool gave() const { return gave_; }  // bytes of the right representation, asked for by a piece
  // Gave another representation: nothing can be hoped of it.
  bool hopeless() const { return state_ == State::kLost && again_ == Monotonic::max(); }
  bool is_original() const { return original_; }
  bool in_flight() const { return in_flight_; }
  bool busy() const {
    return state_ == State::kConnecting || state_ == State::kAsking || state_ == State::kGiving;
  }
  // Can be given a piece, now.
  bool ready() const;

  // The stream under way, of which so many bytes are still to come, goes on as the piece that the
  // plan has given to this lane.
  void adopt(BackendConnection& connection, std::shared_ptr<Seats> seats, std::uint64_t left,
             bool persistent);
  // The same back, with what is left of it. The lane is lost by that.
  BackendConnection& release(std::shared_ptr<Seats>& seats, std::uint64_t& left);
  void fetch();         // the piece that the plan has given to it
  void check_piece();   // whether it has been taken away
  void end_original();  // it was held, and is not needed: its place is
  void hold();          // the stream that was there before is left unread
  // Without a piece: its connection goes to the pool, and its place at its backend, which it has
  // from one piece to the next, may go to others.
  void rest(bool keeps_place);
  // Without a piece: others' answers at its backend suffer. For a second, then for twice as long.
  void make_way();
  // That place, to be left with Worker::request_ended().
  std::shared_ptr<Seats> hand_over_place();

 private:
  void on_backend_ready() override { go_on(); }
  void on_turn_end() override { go_on(); }
  void on_timer();
  void set_in_flight(bool in_flight);

  void go_on();
  void finish_connecting();
  void ask();
  void await_head();
  bool take_head(std::string_view text);
  void receive();
  void wait_for_bytes();
  void take(std::string_view bytes);
  void piece_is_whole();
  void lose(const std::string& fault, std::chrono::milliseconds for_how_long);
  void leave(bool reusable);
  void leave_connection(bool reusable);

  Stripe& stripe_;
  Worker& worker_;
  std::size_t index_;
  std::size_t backend_;
  State state_ = State::kIdle;
  BackendConnection* connection_ = nullptr;
  std::shared_ptr<Seats> seats_;
  bool in_flight_ = false;
  bool original_ = false;
  bool gave_ = false;
  bool fresh_only_ = false;
  bool persistent_ = false;
  std::uint64_t first_ = 0;  // what it was asked for, bytes of the whole body
  std::uint64_t end_ = 0;
  std::uint64_t left_ = 0;  // of the answer's body
  std::string head_;        // received of it, while it is not whole
  Monotonic asked_{};
  Monotonic again_{};                 // when it was lost: before that it is not tried again
  std::chrono::milliseconds way_{0};  // for how long it made way last
  TimerOf<Lane> timer_;
};

}  // namespace bramble::balance
