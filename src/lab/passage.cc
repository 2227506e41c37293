// SPDX-License-Identifier: Apache-2.0
#include "lab/passage.hh"

#include <sys/socket.h>

#include <utility>

#include "net/socket.hh"

namespace bramble::lab {

Passage::Passage(Loop& loop, UniqueFd visitor, UniqueFd host, std::function<void()> over)
    : loop_(loop),
      over_(std::move(over)),
      visitor_(*this, std::move(visitor)),
      host_(*this, std::move(host)) {}

Passage::~Passage() {
  loop_.forget(visitor_.wire.fd(), visitor_);
  loop_.forget(host_.wire.fd(), host_);
}

Result<void> Passage::open() {
  TRY(loop_.watch(visitor_.wire.fd(), visitor_));
  return loop_.watch(host_.wire.fd(), host_);
}

void Passage::End::on_ready(std::uint32_t events) {
  wire.note(events);
  passage.loop_.defer(passage);
}

void Passage::on_turn_end() {
  const bool whole = pass(visitor_, host_) && pass(host_, visitor_);
  if (whole && !(visitor_.ended && host_.ended)) return;
  if (!whole)
    for (const End* end : {&visitor_, &host_}) set_reset_on_close(end->wire.fd());
  std::exchange(over_, nullptr)();
}

bool Passage::pass(End& from, End& to) {
  for (int pieces = 0; !from.ended && to.wire.writable(); ++pieces) {
    if (to.wire.flush() == Sent::kFailed) return false;
    if (to.wire.blocked()) return true;
    if (pieces == kPiecesPerTurn) return loop_.defer(*this), true;
    const std::span<char> buffer = loop_.receive_buffer();
    std::size_t bytes = 0;
    switch (from.wire.receive(buffer, bytes)) {
      case Wire::Received::kBytes:
        if (to.wire.send({buffer.data(), bytes}) == Sent::kFailed) return false;
        break;
      case Wire::Received::kNothing:
        return true;
      case Wire::Received::kEnd:
        from.ended = true;
        ::shutdown(to.wire.fd(), SHUT_WR);
        break;
      case Wire::Received::kFailed:
        return false;
    }
  }
  return true;
}

}  // namespace bramble::lab
