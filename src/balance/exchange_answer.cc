// SPDX-License-Identifier: Apache-2.0
// The answer's way to the client.
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "balance/bounds.hh"
#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "net/socket.hh"

namespace bramble::balance {

Exchange::Step Exchange::await_head() {
  const std::span<char> buffer = worker_.loop().receive_buffer();
  for (;;) {
    std::size_t bytes = 0;
    switch (connection_->wire().receive(buffer, bytes)) {
      case Wire::Received::kNothing:
        if (!request_given_up_) return Step::kWait;
        [[fallthrough]];
      case Wire::Received::kEnd:
      case Wire::Received::kFailed:
        return attempt_failed(
            {.ending = http::Ending::kBackendClosed, .code = connection_->wire().code()});
      case Wire::Received::kBytes:
        connection_->heard();
        break;
    }
    if (const std::optional<Step> step = read_heads({buffer.data(), bytes})) return *step;
  }
}

// 100 Continue, 103 Early Hints and their like go through until the real answer's head comes.
// Nothing: more bytes are needed.
std::optional<Exchange::Step> Exchange::read_heads(std::string_view text) {
  std::size_t seen = answer_head_.size();
  if (seen != 0) text = answer_head_.append(text);
  http::ResponseHead& head = worker_.response_head();
  for (;;) {
    const http::HeadParse parsed = http::parse_response_head(text, seen, kAnswerHeadLimits, head);
    if (parsed.outcome == http::HeadParse::Outcome::kBad)
      return attempt_failed({.ending = http::Ending::kBackendBad});
    if (parsed.outcome == http::HeadParse::Outcome::kMore) break;
    text.remove_prefix(parsed.bytes);
    seen = 0;
    if (head.status == 101) return begin_tunnel(head, text);
    if (head.status >= 200) return resuming_ ? take_rest(head, text) : begin_answer(head, text);
    if (!resuming_ && !pass_interim(head)) return break_off(http::Ending::kClientAborted, false);
    if (!may_hedge())
      worker_.loop().arm(timer_, request_body_.done() ? worker_.timeouts().answer
                                                      : worker_.timeouts().client_stall);
  }
  if (answer_head_.empty())
    answer_head_.assign(text);
  else
    answer_head_.erase(0, answer_head_.size() - text.size());
  return std::nullopt;
}

bool Exchange::pass_interim(const http::ResponseHead& head) {
  awaits_continue_ = awaits_continue_ && head.status != 100;
  if (client_minor_ == 0) return true;
  std::string& out = worker_.scratch();
  out.clear();
  append_answer_head(out, head, {});
  Wire& client = client_->wire();
  return client.send(out) != Sent::kFailed && client.pending_bytes() < Loop::kReceiveBytes;
}

// The rest lies in the receive buffer or in answer_head_, as the head does.
Exchange::Step Exchange::begin_answer(const http::ResponseHead& head, std::string_view rest) {
  answer_body_ = http::Body(http::framing_of(head, is_head_));
  decodes_ = answer_body_.kind() == http::Framing::Kind::kChunked && client_minor_ == 0;
  backend_persistent_ = head.persistent;
  http::Body::Progress progress;
  std::string decoded;
  if (!answer_body_.done() && !rest.empty())
    progress = decodes_ ? answer_body_.decode(rest, decoded) : answer_body_.feed(rest);
  if (progress.outcome == http::Body::Outcome::kBad)
    return attempt_failed({.ending = http::Ending::kBackendBad});
  if (progress.bytes < rest.size()) backend_persistent_ = false;  // bytes that nobody asked for
  if (answer_body_.kind() == http::Framing::Kind::kUntilClose) backend_persistent_ = false;

  wait_ = worker_.loop().now() - asked_;
  worker_.backend_answered(backend_, wait_, head.status);
  worker_.disturbance(backend_).answered(wait_, worker_.loop().now());
  if (head.status >= 500 && other_ != nullptr) {
    note_tried();
    leave_backend(false);
    return go_on_with_other();
  }
  if (head.status == 503 && may_ask_another()) {
    failure_ = {.ending = http::Ending::kNoBackend, .status = 503};
    leave_backend(false);
    return try_again(false);
  }
  if ((worker_.options().resume || worker_.options().stripe.wanted) && resumable_ &&
      !answer_body_.done() && remainder_.take(head, worker_.options().resume_settle))
    begin_waiting_for_body();
  if (!answer_body_.done()) keep_queue_short();
  const Persistence persistence = persistence_to_client();
  client_persistent_ = persistence != Persistence::kClose;
  std::string& out = worker_.scratch();
  out.clear();
  append_answer_head(out, head,
                     {.persistence = persistence,
                      .without_coding = decodes_,
                      .set_cookie = worker_.sticky_cookie_for(preference_, backend_)});
  const std::string_view body =
      decodes_ ? std::string_view(decoded) : rest.substr(0, progress.bytes);
  status_ = static_cast<unsigned>(head.status);
  body_bytes_ = body.size();
  answering_ = true;
  leave_other();
  const std::string_view joined = joined_in_buffer(out, body);
  if ((joined.empty() ? client_->wire().send(out, body) : client_->wire().send(joined)) ==
      Sent::kFailed)
    return break_off(http::Ending::kClientAborted, false);
  answer_head_.clear();
  phase_ = Phase::kAnswering;
  return Step::kGoOn;
}

// The rewritten head copied to before the body's first bytes, where these lie in the receive buffer
// behind the old head or the headroom: one piece is sent at less cost than two. Empty: no room.
std::string_view Exchange::joined_in_buffer(std::string_view head, std::string_view body) {
  const std::span<char> headroom = worker_.loop().headroom();
  const std::span<char> buffer = worker_.loop().receive_buffer();
  if (body.data() < buffer.data() || body.data() > buffer.data() + buffer.size()) return {};
  char* const begin = buffer.data() + (body.data() - buffer.data()) - head.size();
  if (begin < headroom.data()) return {};
  std::memcpy(begin, head.data(), head.size());
  return {begin, head.size() + body.size()};
}

Persistence Exchange::persistence_to_client() const {
  const bool ends_with_connection =
      answer_body_.kind() == http::Framing::Kind::kUntilClose || decodes_;
  if (!client_persistent_ || !request_body_.done() || worker_.draining() || ends_with_connection)
    return Persistence::kClose;
  return client_minor_ == 0 ? Persistence::kKeepAlive : Persistence::kAssumed;
}

Exchange::Step Exchange::answer() {
  if (!request_is_sent() && !request_given_up_) {
    const Pumped pumped = pump_request();
    if (pumped == Pumped::kClientLeft) return break_off(http::Ending::kClientAborted, false);
    if (pumped == Pumped::kClientSlow) return break_off(http::Ending::kClientStalled, false);
    if (pumped == Pumped::kClientBad) return break_off(http::Ending::kBadRequest, false);
    if (pumped == Pumped::kBackendBroken) request_given_up_ = true;
  }
  switch (client_->wire().flush()) {
    case Sent::kFailed:
      return break_off(http::Ending::kClientAborted, false);
    case Sent::kBlocked:
      return wait_for_client();
    case Sent::kAll:
      break;
  }
  for (int pieces = 0; pieces < kPiecesPerTurn; ++pieces) {
    if (answer_body_.done()) return finish(http::Ending::kOk, client_persistent_);
    if (pipe_holds() || may_splice()) return splice_answer();
    std::size_t bytes = 0;
    const std::span<char> buffer = worker_.loop().receive_buffer();
    const Wire::Received received = connection_->wire().receive(buffer, bytes);
    if (received == Wire::Received::kNothing) return wait_for(body_patience());
    if (received != Wire::Received::kBytes) return answer_ended(received);
    const Step step = pass_answer({buffer.data(), bytes});
    if (step == Step::kWait) return step;
  }
  worker_.loop().arm(timer_, worker_.timeouts().answer);
  worker_.loop().defer(*this);
  return Step::kWait;
}

Exchange::Step Exchange::pass_answer(std::string_view bytes) {
  std::string decoded;
  const http::Body::Progress progress =
      decodes_ ? answer_body_.decode(bytes, decoded) : answer_body_.feed(bytes);
  if (progress.outcome == http::Body::Outcome::kBad)
    return break_off(http::Ending::kBackendBad, true);
  if (progress.bytes < bytes.size()) backend_persistent_ = false;
  const std::string_view body =
      decodes_ ? std::string_view(decoded) : bytes.substr(0, progress.bytes);
  body_bytes_ += body.size();
  switch (client_->wire().send(body)) {
    case Sent::kFailed:
      return break_off(http::Ending::kClientAborted, false);
    case Sent::kBlocked:
      return wait_for_client();
    case Sent::kAll:
      break;
  }
  return Step::kGoOn;
}

// Where there is no pipe for it, the body is copied.
bool Exchange::may_splice() {
  if (decodes_ || answer_body_.unseen_left() < SplicePipe::kWorthwhileBytes) return false;
  if (!pipe_) pipe_ = worker_.pipes().take();
  return pipe_.has_value();
}

Exchange::Step Exchange::splice_answer() {
  for (int pieces = 0; pieces < kPiecesPerTurn; ++pieces) {
    const std::uint64_t before = answer_body_.unseen_left();
    if (before == 0) break;
    std::uint64_t left = before;
    const SplicePipe::Moved moved = pipe_->move(connection_->wire(), client_->wire(), left);
    answer_body_.skip(before - left);
    body_bytes_ += before - left;
    switch (moved) {
      case SplicePipe::Moved::kSome:
        break;
      case SplicePipe::Moved::kSourceEmpty:
        return stripe_is_due() ? begin_stripe() : wait_for(body_patience());
      case SplicePipe::Moved::kSinkFull:
        unhindered_since_ = {};
        return wait_for_client();
      case SplicePipe::Moved::kSourceEnded:
        return answer_ended(Wire::Received::kEnd);
      case SplicePipe::Moved::kSourceFailed:
        return answer_ended(Wire::Received::kFailed);
      case SplicePipe::Moved::kSinkFailed:
        return break_off(http::Ending::kClientAborted, false);
    }
  }
  if (answer_body_.unseen_left() == 0) return Step::kGoOn;
  worker_.loop().arm(timer_, worker_.timeouts().answer);
  worker_.loop().defer(*this);
  return Step::kWait;
}

// What he takes counts, and nothing else that happens meanwhile.
Exchange::Step Exchange::wait_for_client() {
  const std::size_t waiting = client_->wire().pending_bytes();
  if (blocked_since_ == Monotonic{} || blocked_at_ != body_bytes_ || blocked_with_ != waiting)
    blocked_since_ = worker_.loop().now();
  blocked_at_ = body_bytes_;
  blocked_with_ = waiting;
  arm_for_rest(worker_.timeouts().client_stall, blocked_since_);
  return Step::kWait;
}

// The kernel tells of room only when a good part of what it holds is gone: from a visitor behind a
// slow line that may take longer than our patience, though it takes bytes all the while. The first
// look only notes: none taken is a count, too.
bool Exchange::client_takes() {
  const std::uint64_t taken = bytes_acknowledged(client_->wire().fd());
  const std::optional<std::uint64_t> before = std::exchange(taken_before_, taken);
  return !before || taken > *before;
}

Exchange::Step Exchange::answer_ended(Wire::Received received) {
  if (received == Wire::Received::kEnd && answer_body_.ends_with_connection())
    return finish(http::Ending::kOk, false);
  return body_failed({.ending = http::Ending::kBackendClosed, .code = connection_->wire().code()});
}

}  // namespace bramble::balance
