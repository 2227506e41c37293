// SPDX-License-Identifier: Apache-2.0
// After 101 Switching Protocols: bytes pass both ways, whatever they mean. An end on one side is
// handed on to the other as an end; the tunnel is over when both have ended.
#include <sys/socket.h>

#include "balance/bounds.hh"
#include "balance/client_connection.hh"
#include "balance/exchange.hh"

namespace bramble::balance {

Exchange::Step Exchange::begin_tunnel(const http::ResponseHead& head, std::string_view rest) {
  if (!asks_upgrade_ || !head.upgrade || !request_is_sent())
    return attempt_failed({.ending = http::Ending::kBackendBad});
  wait_ = worker_.loop().now() - asked_;
  worker_.backend_answered(backend_, wait_, head.status);
  std::string& out = worker_.scratch();
  out.clear();
  append_answer_head(out, head, {.persistence = Persistence::kUpgrade});
  status_ = static_cast<unsigned>(head.status);
  answering_ = true;
  leave_other();
  body_bytes_ = rest.size();
  if (client_->wire().send(out, rest) == Sent::kFailed)
    return break_off(http::Ending::kClientAborted, false);
  const std::string early = std::exchange(client_->input(), {});
  if (connection_->wire().send(early) == Sent::kFailed)
    return break_off(http::Ending::kBackendClosed, false);
  answer_head_.clear();
  phase_ = Phase::kTunnelling;
  return Step::kGoOn;
}

Exchange::Step Exchange::tunnel() {
  Wire& client = client_->wire();
  Wire& backend = connection_->wire();
  if (!tunnel_one_way(client, backend, client_ended_))
    return break_off(http::Ending::kClientAborted, false);
  if (!tunnel_one_way(backend, client, backend_ended_))
    return break_off(http::Ending::kBackendClosed, false);
  if (client_ended_ && backend_ended_ && !client.blocked() && !backend.blocked())
    return finish(http::Ending::kOk, false);
  // Behind its end nobody reads: that a side is gone altogether shows by this alone.
  if (client_ended_ && client.broken()) return break_off(http::Ending::kClientAborted, false);
  if (backend_ended_ && backend.broken()) return break_off(http::Ending::kBackendClosed, false);
  return wait_for(worker_.timeouts().tunnel_idle);
}

// Whether both sides still work.
bool Exchange::tunnel_one_way(Wire& from, Wire& to, bool& ended) {
  const std::span<char> buffer = worker_.loop().receive_buffer();
  for (int pieces = 0; pieces < kPiecesPerTurn; ++pieces) {
    if (to.flush() == Sent::kFailed) return false;
    if (to.blocked() || ended) return true;
    std::size_t bytes = 0;
    const Wire::Received received = from.receive(buffer, bytes);
    if (received == Wire::Received::kNothing) return true;
    if (received == Wire::Received::kFailed) return false;
    if (received == Wire::Received::kEnd) {
      ended = true;
      ::shutdown(to.fd(), SHUT_WR);
      return true;
    }
    body_bytes_ += bytes;
    if (to.send({buffer.data(), bytes}) == Sent::kFailed) return false;
  }
  worker_.loop().defer(*this);
  return true;
}

}  // namespace bramble::balance
