// SPDX-License-Identifier: Apache-2.0
// One request and its answer, between a client's connection and a backend's.
//
//     begin ─► kGathering ─► kChoosing ─► kConnecting ─► kAsking ─► kAnswering ──────► kOver
//                               ▲  │           │            │           │   └─ 101 ─► kTunnelling
//                               │  └─ pooled ──┼───────────►│           │
//                               │              ▼            ▼           ▼
//                               └─ may be ─ attempt_failed ─┘        break_off: the client is
//                                  retried     │ may not             reset, never a clean end of
//                                              ▼                     a torn body
//                                        502, 503 or 504
//
//   kGathering    a body of known length comes, up to kKeptBytesMax of it: a visitor who sends it
//                 slowly, or never, holds no backend
//   kChoosing     picks a backend; a connection of its pool, or a new one
//   kQueued       all backends have as much as they may: until one has room, or for too long
//   kConnecting   until it is established
//   kAsking       the request goes out, with what came of its body, until the answer's head is here
//   kAnswering    the answer's body passes; what is left of the request's, too
//   kStriping     the body comes from several backends at once
//   kLackingRest  nobody can give the rest of it now
//   kTunnelling   bytes pass both ways until both have ended
//
// Each phase is a member function that does what can be done now and returns whether to go on.
//
// Nothing is kept of an answer but what the client did not take yet: one receive buffer at most, or
// a stripe's window.
// Of a request, head and body are kept for another attempt, until more than kKeptBytesMax of them
// has been sent and yet more follows; then the body goes through the same buffer, and no attempt
// can follow.
//
// Another attempt is made while no byte of an answer went to the client, the retry budget lasts,
// and the method is idempotent (RFC 9110 §9.2.2) or the backend surely received nothing of the
// request: after a reset nobody knows. A pooled connection that ends just as it is used again is no
// fault of its backend, and no try. A 503 of one backend is the visitor's only where no other is
// healthy: a node without its volume says so at once, seconds before its health is asked again.
//
// A GET whose backend is slow may be asked of a second one: see exchange_hedge.cc. One whose
// backend fails in the middle of the body goes on at another where that has the same:
// exchange_resume.cc. One whose visitor takes the body faster than its backend gives it is asked of
// several in pieces: exchange_stripe.cc.
//
// Exchanges are pooled by their worker and run on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "balance/forwarding.hh"
#include "balance/pace.hh"
#include "balance/remainder.hh"
#include "balance/worker.hh"
#include "http/access_log.hh"
#include "http/body.hh"
#include "net/splice.hh"

namespace bramble::balance {

class ClientConnection;
class Stripe;

class Exchange final : Deferred, Asker {
 public:
  static constexpr std::size_t kKeptBytesMax = 64 * 1024;
  static constexpr std::size_t kTriesMax = 4;

  explicit Exchange(Worker& worker);
  ~Exchange();

  void begin(ClientConnection& client, const http::RequestHead& head);
  void advance();
  void on_client_ready();
  void room_came();  // at a backend, while it is queued
  void stop();       // breaks off

 private:
  enum class Phase : std::uint8_t {
    kGathering,
    kChoosing,
    kQueued,
    kConnecting,
    kAsking,
    kAnswering,
    kStriping,
    kLackingRest,
    kTunnelling,
    kOver,
  };

  enum class Step : std::uint8_t { kGoOn, kWait };

  // Why an attempt came to nothing.
  struct Failure {
    http::Ending ending = http::Ending::kBackendClosed;
    int status = 502;
    bool unreceived = false;  // the backend has surely got nothing of the request
    bool refused = false;     // nobody listens there
    bool ours = false;        // for want of our own means: the backend has no part in it
    int code = 0;             // errno
  };

  enum class Pumped : std::uint8_t {
    kAll,   // the whole request is on its way
    kWait,  // for the client or the backend
    kClientLeft,
    kClientBad,  // its chunks are none
    kClientSlow,
    kBackendBroken,
  };

  void on_turn_end() override { advance(); }
  void on_backend_ready() override {
    if (silent_since_ != Monotonic{}) end_of_silence();
    advance();
  }
  void on_timer();

  // exchange_choosing.cc: a backend for the next attempt.
  Step choose();
  Step wait_for_room();
  Step begin_attempt(std::size_t backend);
  Step cannot_connect(const Error& error);

  // exchange.cc: the phases until the answer.
  Step connect();
  Step ask();
  Step ask_one();
  Step attempt_failed(const Failure& failure);
  bool tries_left() const { return tries_ - tries_before_ < kTriesMax; }
  bool may_try_again(bool unreceived) const;
  bool may_ask_another();
  Step try_again(bool same);  // same: the backend asked last may be asked anew
  Step choose_again(bool same);
  void note_tried();
  Step wait_for(std::chrono::milliseconds timeout);

  // exchange_end.cc: how it ends.
  Step answer_locally(int status, http::Ending ending);
  Step break_off(http::Ending ending, bool backend_failed);
  Step finish(http::Ending ending, bool client_stays);
  void leave_backend(bool reusable);
  void record(http::Ending ending);

  // exchange_hedge.cc: a second backend for a request whose first one is slow.
  std::chrono::milliseconds connect_patience() const;
  std::chrono::milliseconds answer_patience() const;
  bool may_hedge() const;
  void hedge();
  void hedge_later();
  bool other_has_word() const;
  void swap_with_other();
  Step hedge_came_to_nothing();
  Step go_on_with_other();
  void leave_other();
  std::span<const std::size_t> tried() const { return {tried_.data(), tried_count_}; }

  // exchange_request.cc: the request's way to the backend.
  void write_request_head(const http::RequestHead& head);
  void append_proxy_header_to(std::string& out);
  Step gather();
  bool upload_is_due() const;
  Pumped pump_request();
  Pumped send_kept();
  Pumped take_body();
  Pumped pass_body(std::string_view bytes);
  bool request_is_sent() const { return request_body_.done() && sent_ == request_.size(); }

  // exchange_answer.cc: the answer's way to the client.
  Step await_head();
  Step begin_answer(const http::ResponseHead& head, std::string_view rest);
  std::optional<Step> read_heads(std::string_view text);
  bool pass_interim(const http::ResponseHead& head);
  Step begin_tunnel(const http::ResponseHead& head, std::string_view rest);
  std::string_view joined_in_buffer(std::string_view head, std::string_view body);
  Persistence persistence_to_client() const;
  Step answer();
  Step pass_answer(std::string_view bytes);
  bool may_splice();
  Step splice_answer();
  bool pipe_holds() const { return pipe_ && pipe_->held() > 0; }  // taken, not yet given
  Step answer_ended(Wire::Received received);
  Step wait_for_client();
  void arm_for_rest(std::chrono::milliseconds patience, Monotonic since);
  bool client_takes();

  // exchange_resume.cc: the rest of an answer from another backend.
  void begin_waiting_for_body();
  void end_of_silence();
  std::chrono::milliseconds body_patience();
  Step body_failed(const Failure& failure);
  Step backend_stalled();
  bool may_resume() const;
  Step resume(const Failure& failure);
  Step ask_for_rest(const Failure& failure);
  Step take_rest(const http::ResponseHead& head, std::string_view rest);
  void forget_something_else();
  void note_something_else(const http::ResponseHead& head);
  Step nobody_gives_rest();
  void credit_body_bytes();  // to the backend that gave them

  // exchange_stripe.cc: the body from several backends at once.
  bool may_be_striped() const;
  void keep_queue_short();
  bool stripe_is_due();
  Step begin_stripe();
  Step stripe();
  Step stripe_pulse();
  Step narrow();
  Step take_stream_back();
  void leave_stripe();

  Step tunnel();
  bool tunnel_one_way(Wire& from, Wire& to, bool& ended);

  Worker& worker_;
  ClientConnection* client_ = nullptr;
  BackendConnection* connection_ = nullptr;
  Phase phase_ = Phase::kOver;

  // The request.
  std::string request_;            // its head as handed on, and what is kept of its body
  std::size_t sent_ = 0;           // of request_
  http::Body request_body_;        // as received from the client
  Pace pace_;                      // at which it comes
  bool replayable_ = true;         // all of the request so far is in request_
  bool request_given_up_ = false;  // the backend takes no more of it
  bool awaits_continue_ = false;   // the client sends no body before the backend asks for it
  Monotonic unsent_since_{};       // the backend has taken nothing; {}: it takes
  bool idempotent_ = false;
  bool hedgeable_ = false;
  bool resumable_ = false;  // a GET without a body: request_ is its head alone
  bool is_head_ = false;
  bool asks_upgrade_ = false;
  bool client_persistent_ = true;
  std::uint8_t client_minor_ = 1;

  // The attempts.
  Preference preference_;
  bool seated_ = false;           // in the queue for room
  std::shared_ptr<Seats> seats_;  // of the backend asked last, if it has a limit
  bool own_connection_ = false;   // a connection speaks for one client: it is not shared
  std::size_t backend_ = 0;       // the one asked last
  std::array<std::size_t, kTriesMax> tried_{};
  std::size_t tried_count_ = 0;
  unsigned tries_ = 0;
  unsigned tries_before_ = 0;  // of these, before the body's last byte that came
  bool in_flight_ = false;     // the backend asked last has not been left
  bool fresh_only_ = false;    // a pooled connection was dead: take a new one
  Failure failure_;            // of the last attempt

  // The backend that was asked first and has not answered yet, where a second one was asked.
  BackendConnection* other_ = nullptr;
  std::size_t other_backend_ = 0;
  std::shared_ptr<Seats> other_seats_;
  std::size_t other_sent_ = 0;
  std::string other_head_;  // received of its answer
  Monotonic other_asked_{};
  bool hedged_ = false;
  bool told_late_ = false;    // of the backend that was asked first
  bool other_noted_ = false;  // as tried, when it was hedged

  // The answer.
  std::string answer_head_;  // received of it, while it is not whole
  http::Body answer_body_;
  bool answering_ = false;  // bytes of it went to the client
  bool backend_persistent_ = false;
  bool decodes_ = false;  // for a client that knows no chunks
  std::optional<SplicePipe> pipe_;
  std::optional<std::uint64_t> taken_before_;  // bytes that the client's host had; {}: not looked
  Monotonic blocked_since_{};                  // the client takes nothing, with so many bytes of
  std::uint64_t blocked_at_ = 0;               // the body handed on, and so many of these
  std::size_t blocked_with_ = 0;               // waiting for room
  Remainder remainder_;                        // where the answer can be resumed
  bool resuming_ = false;                      // its rest is asked for
  std::string left_backend_;                   // before it was asked for
  std::uint64_t asked_from_ = 0;               // byte of the body, the last time
  Monotonic lacking_since_{};                  // that byte; {}: none has lacked yet
  std::size_t gave_last_ = 0;                  // the backend that gave the byte before
  std::size_t others_with_else_ = 0;           // primaries but that one, asked since in one round
  std::string something_else_;                 // what the last one said that has it; "": none has
  unsigned resumes_ = 0;
  std::string resumed_from_;          // the last time: the backend that had failed
  std::uint64_t resumed_at_ = 0;      // and the byte of the body
  std::uint64_t credited_bytes_ = 0;  // of the body, to backends before
  Monotonic silent_since_{};          // {}: the backend had something for us, or nobody looked
  Monotonic::duration longest_silence_{0};  // in the body, of the backend that gives it now
  Monotonic::duration second_silence_{0};   // likewise: what has been more than once
  std::unique_ptr<Stripe> stripe_;          // kStriping
  unsigned stripes_ = 0;                    // backends that gave parts
  Monotonic unhindered_since_{};            // the visitor has taken all since; {}: not lately
  std::uint64_t unhindered_from_ = 0;       // bytes of the body before that
  double rate_ = 0;                         // since then, bytes per second
  Monotonic stripe_after_{};                // it was tried, or could not be
  std::chrono::seconds stripe_pause_{0};
  Monotonic client_stalled_since_{};    // {}: it takes
  bool narrowing_ = false;              // the rest is asked for, and nobody has failed
  std::size_t proxy_header_bytes_ = 0;  // in front of request_'s head
  bool client_ended_ = false;           // a tunnel's ends
  bool backend_ended_ = false;

  // For the log.
  std::string request_line_;
  std::string referer_;
  std::string user_agent_;
  std::string request_id_;
  std::string visitor_;
  unsigned status_ = 0;
  std::uint64_t body_bytes_ = 0;
  Monotonic began_{};
  Monotonic asked_{};
  std::chrono::nanoseconds wait_{0};

  TimerOf<Exchange> timer_;
};

}  // namespace bramble::balance
