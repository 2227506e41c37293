// SPDX-License-Identifier: Apache-2.0
// What a socket did not take at once.
//
//     send(head, body) ── all taken ──────────────────────────► kAll      nothing is copied
//           └──────────── taken in part: the rest is kept ────► kBlocked  flush() when writable
//
// Order is kept: while something is pending, send only appends. The kept rest is bounded by what
// its owner hands in: an owner that sees kBlocked stops producing until flush gives kAll.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bramble {

enum class Sent : std::uint8_t {
  kAll,
  kBlocked,  // wait for EPOLLOUT, then flush
  kFailed,   // the connection is broken: errno says how
};

class PendingOutput {
 public:
  // More follows soon (MSG_MORE): the kernel may wait for it to fill a packet.
  enum class Follow : std::uint8_t { kNothing, kMore };

  // The pieces need to live until this returns only.
  Sent send(int fd, std::string_view first, std::string_view second = {},
            Follow follow = Follow::kNothing);
  Sent flush(int fd);

  bool empty() const { return kept_.empty(); }
  std::size_t bytes() const { return kept_.size() - begin_; }
  void clear();  // gives the memory back, too

 private:
  void keep(std::string_view first, std::string_view second, std::size_t taken);

  std::string kept_;
  std::size_t begin_ = 0;  // of kept_: before it has been taken
};

}  // namespace bramble
