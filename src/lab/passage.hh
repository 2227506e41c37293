// SPDX-License-Identifier: Apache-2.0
// Bytes both ways between two connections. Where one direction ends, its end is handed on (a
// half-closed socket) and the other goes on; where a connection breaks, the other is reset.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "net/loop.hh"
#include "net/wire.hh"

namespace bramble::lab {

// Belongs to the loop's thread.
class Passage final : Deferred {
 public:
  // The sockets do not block; the second may still be connecting. `over` is called once, at the end
  // of a turn, and may destroy the passage.
  Passage(Loop& loop, UniqueFd visitor, UniqueFd host, std::function<void()> over);
  ~Passage() override;

  Result<void> open();

 private:
  static constexpr int kPiecesPerTurn = 16;  // then others have their turn

  struct End final : Watcher {
    End(Passage& its, UniqueFd fd) : passage(its), wire(std::move(fd)) {}
    void on_ready(std::uint32_t events) override;

    Passage& passage;
    Wire wire;
    bool ended = false;  // sends no more, and the other was told so
  };

  void on_turn_end() override;
  bool pass(End& from, End& to);  // false: one of them is broken

  Loop& loop_;
  std::function<void()> over_;
  End visitor_;
  End host_;
};

}  // namespace bramble::lab
