// SPDX-License-Identifier: Apache-2.0
// One connection to a backend.
//
//     kConnecting ──► kBusy ◄──► kIdle (in the backend's pool)
//          └────────────┴──────────┴─► kClosed (destroyed at the end of the turn)
//
// While it is idle it is watched: what arrives then is the backend's end, or bytes that nobody
// asked for, and either closes it. Belongs to its loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "balance/options.hh"
#include "net/loop.hh"
#include "net/wire.hh"

namespace bramble::balance {

class Backend;

// Who asks something of a backend: is told that its connection can be read or written, or is
// broken.
class Asker {
 public:
  virtual void on_backend_ready() = 0;

 protected:
  ~Asker() = default;
};

class BackendConnection final : Watcher, Deferred {
 public:
  enum class State : std::uint8_t { kConnecting, kBusy, kIdle, kClosed };

  // Begins to connect, for the asker. It owns itself: close() is its end.
  static Result<BackendConnection*> connect(Loop& loop, Backend& backend, Asker& asker);

  State state() const { return state_; }
  Backend& backend() { return backend_; }
  Wire& wire() { return wire_; }
  // It was in the pool, and since then has not said a word: it may have ended just as it was taken.
  bool may_be_stale() const { return uses_ > 1 && !heard_; }
  void heard() { heard_ = true; }  // something of an answer to the request under way

  // 0, or the errno that it could not connect for. Only when epoll has told something.
  int finish_connecting();

  // While idle: something came in this turn that was not told yet. It is no answer to anything.
  bool stirs() const;
  void take_over(Asker& asker);                    // out of the pool
  void hand_to(Asker& asker) { asker_ = &asker; }  // with what is under way
  // A large body comes at so many bytes a second: where the path is short, from now on not much
  // more is on its way than it holds. What is waits in a queue, and with it everyone's small
  // answers on the same cable. Sharers: how many requests are under way at the backend.
  void limit_queue(double rate, unsigned sharers);
  void limit_first_bytes(unsigned sharers);  // the same where no rate is known yet
  void lift_limit();                         // of a body that is none of these
  void rest();                               // into the pool, or closed where it cannot serve again
  void leave(bool reusable) { reusable ? rest() : close(); }
  void close();
  // Closing it from now on leaves no port of ours in use (TIME_WAIT): for the end of an answer.
  void free_port_on_close();

  // Whether the backend's host has acknowledged no byte of the request under way, as the kernel
  // says. Hosts acknowledge late, and of a reset the kernel takes no acknowledgement.
  bool request_unacknowledged() const;
  // Whether the backend has surely not had a byte of it: then even a POST may be sent again. Only
  // behind an orderly end, which acknowledges all that came before it, unacknowledged means so.
  bool request_surely_unreceived(bool orderly_end) const;
  void request_bytes_sent(std::size_t bytes) { bytes_sent_ += bytes; }

 private:
  BackendConnection(Loop& loop, Backend& backend, UniqueFd fd, Asker& asker);
  ~BackendConnection() = default;
  void limit_window(std::uint64_t bytes);
  void on_ready(std::uint32_t events) override;
  void on_turn_end() override { delete this; }
  void idled_too_long();

  Loop& loop_;
  Backend& backend_;
  Wire wire_;
  State state_ = State::kConnecting;
  Asker* asker_;
  unsigned uses_ = 1;
  bool heard_ = false;
  bool window_limited_ = false;
  std::uint64_t bytes_sent_ = 0;         // of all requests
  std::uint64_t bytes_sent_before_ = 0;  // of all but the one under way
  TimerOf<BackendConnection> idle_timer_;
};

}  // namespace bramble::balance
