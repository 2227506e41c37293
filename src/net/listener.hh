// SPDX-License-Identifier: Apache-2.0
// Accepts TCP connections on a loop.
//
//     accepting ── connections_max reached ──────► full ───── one closes ────► accepting
//         │ ────── descriptors exhausted ────────► starved ── 100 ms later ──► accepting
//         └─────── close() ──────────────────────► closed
//
// While full or starved, new connections wait in the kernel's backlog and those that are open are
// served. Closing first takes what waits in the backlog, so that no visitor who got through the
// door is reset; it is left there where another process has the same socket.
#pragma once

#include <cstddef>

#include "base/unique_fd.hh"
#include "net/address.hh"
#include "net/loop.hh"

namespace bramble {

// Takes over accepted connections: non-blocking, closed on exec, TCP_NODELAY.
class Acceptor {
 public:
  virtual void on_connection(UniqueFd fd, const Address& peer) = 0;

 protected:
  ~Acceptor() = default;
};

class Listener final : Watcher, Deferred {
 public:
  // The loop and the acceptor outlive it. open() starts to accept.
  Listener(Loop& loop, UniqueFd fd, Acceptor& acceptor, std::size_t connections_max);
  ~Listener();

  Result<void> open();
  enum class Backlog : std::uint8_t { kTake, kLeave };
  void close(Backlog backlog = Backlog::kTake);

  // The acceptor says so for every connection that it was given and that has ended.
  void connection_closed();

  bool is_open() const { return static_cast<bool>(fd_); }
  std::size_t connections() const { return connections_; }
  bool starved() const { return retry_.armed(); }

 private:
  static constexpr int kAcceptsPerTurn = 64;  // then others have their turn
  static constexpr std::chrono::milliseconds kStarvedPause{100};
  static constexpr std::chrono::seconds kComplainEvery{10};

  void on_ready(std::uint32_t events) override;
  void on_turn_end() override;
  void accept_some(int accepts_max);
  bool accept_one();
  void pause_for_descriptors(int code);

  Loop& loop_;
  UniqueFd fd_;
  Acceptor& acceptor_;
  const std::size_t connections_max_;
  std::size_t connections_ = 0;
  bool waiting_ = false;  // the backlog may hold connections that we left there
  TimerOf<Listener> retry_;
  Monotonic complained_{};
};

}  // namespace bramble
