// SPDX-License-Identifier: Apache-2.0
// One client's connection: its requests are served one after the other, in order.
//
//            first byte               whole head
//     kIdle ────────────► kReadingHead ────────► kServing (its exchange) ─┐
//       ▲                   │ bad, or too slow                            │ answered
//       └───────────────────┼───────────── stays open ────────────────────┤
//                           ▼                                             │
//                       kLastWords ◄──────────── is to be closed ─────────┘
//                           │ all sent: our side is shut, what comes is thrown away
//                           ▼
//                       kLingering ──its end, or 2 s──► kClosed (destroyed at the end of the turn)
//
// No head is read while an answer waits to be taken: who does not read is not read from either.
//
// Lingering keeps the kernel from answering late bytes with a reset that would take our last answer
// away from the client (RFC 9112 §9.6). Belongs to its loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "balance/worker.hh"
#include "http/request_head.hh"
#include "net/wire.hh"

namespace bramble::balance {

class Exchange;

class ClientConnection final : Watcher, Deferred {
 public:
  // It owns itself, and tells the worker when it is closed.
  static void open(Worker& worker, Listener& listener, UniqueFd fd, const Address& peer);

  // For its exchange. -----------------------------------------------------------------------------
  Wire& wire() { return wire_; }
  std::string_view ip() const { return ip_; }  // of the client, as a PROXY header names it
  const Address& source() const { return source_; }
  bool trusted() const { return trusted_; }  // what it tells of others is believed
  std::string& input() { return input_; }    // received behind the head; to be used before the wire
  bool left() const;                         // it is gone
  void exchange_over(bool stays_open);
  void reset();  // so that the client cannot take what it got for the whole

  // For its worker. -------------------------------------------------------------------------------
  void drain();     // closes it where it is idle, soon
  void stop_now();  // breaks off
  Listener& listener() { return listener_; }
  std::size_t slot = 0;  // its place in the worker's list

 private:
  enum class State : std::uint8_t {
    kIdle,
    kReadingHead,
    kServing,
    kLastWords,
    kLingering,
    kClosed,
  };

  ClientConnection(Worker& worker, Listener& listener, UniqueFd fd, const Address& peer);
  ~ClientConnection() = default;
  void on_ready(std::uint32_t events) override;
  void on_turn_end() override;
  void on_timer();

  void serve();
  bool all_is_sent();
  bool read_head();
  bool read_proxy_header(std::string_view text);
  void more_is_needed(std::string_view text);
  void begin_exchange(std::string_view text, std::size_t head_bytes);
  void refuse(int status, std::string_view why);
  void send_last_words();
  void linger();
  void close();
  std::chrono::nanoseconds idle_patience() const;
  void idled_too_long();
  void takes_nothing_for_long();

  Worker& worker_;
  Listener& listener_;
  Wire wire_;
  Address source_;
  std::string ip_;
  bool trusted_ = false;
  bool proxy_header_comes_ = false;
  const std::optional<Source> counted_as_;  // by the limit of sources; trusted proxies are not
  State state_ = State::kIdle;
  bool serving_loop_ = false;  // serve() is on the stack
  std::string input_;          // received, not used yet
  std::size_t seen_ = 0;       // of input_: parsed already, and no whole head
  Exchange* exchange_ = nullptr;
  Monotonic idle_since_{};  // or accepted
  Monotonic lingers_since_{};
  std::uint64_t taken_before_ = 0;  // bytes that its host had when we last looked
  TimerOf<ClientConnection> timer_;
};

}  // namespace bramble::balance
