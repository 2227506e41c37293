// SPDX-License-Identifier: Apache-2.0
// One end of a TCP connection on an edge-triggered loop: the socket, what it did not take yet, and
// the memory of what epoll told once and will not tell again.
//
//     epoll: IN, RDHUP, HUP, ERR ─► readable until a receive drains it
//     epoll: OUT                 ─► writable until a send blocks
//
// A short read means drained (a later arrival is told again), but not where the peer's end was told
// already: that end is still to be read. Belongs to the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/unique_fd.hh"
#include "net/output.hh"

namespace bramble {

class Wire {
 public:
  enum class Received : std::uint8_t {
    kBytes,
    kNothing,  // wait for EPOLLIN
    kEnd,      // the peer has closed its side
    kFailed,   // the connection is broken: code() says how
  };

  Wire() = default;
  explicit Wire(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }

  void note(std::uint32_t events);
  bool readable() const { return readable_; }
  bool writable() const { return writable_; }
  bool nothing_waits();  // asks the kernel where epoll told of bytes that nobody took yet
  bool peer_closing() const { return peer_closing_; }  // it sends no more, or is gone
  bool broken() const { return broken_; }              // reset or fully closed: nothing goes out
  void note_readable() { readable_ = true; }
  int code() const { return code_; }  // errno of what failed

  // Into the buffer; bytes is how many.
  Received receive(std::span<char> buffer, std::size_t& bytes);

  // The pieces in this order; what the socket does not take is kept. See PendingOutput.
  Sent send(std::string_view first, std::string_view second = {},
            PendingOutput::Follow follow = PendingOutput::Follow::kNothing);
  Sent flush();  // what was kept
  bool blocked() const { return !output_.empty(); }
  std::size_t pending_bytes() const { return output_.bytes(); }

  // As many bytes as the socket takes, up to bytes: nothing is kept. -1: failed; 0: not now.
  std::ptrdiff_t send_some(std::string_view bytes);

  // Asks the kernel whether a send is worth while: a third of the socket's buffer is free, or the
  // connection is broken. Where it says no, epoll tells as soon as it would say yes.
  bool has_room();

  // For calls that move bytes by other means (splice) and met EAGAIN or an error.
  void drained() { readable_ = false; }
  void filled() { writable_ = false; }
  void set_code(int code) { code_ = code; }

 private:
  UniqueFd fd_;
  bool readable_ = false;
  bool writable_ = false;  // until epoll tells: a new one may still be connecting
  bool peer_closing_ = false;
  bool broken_ = false;
  int code_ = 0;
  PendingOutput output_;
};

}  // namespace bramble
