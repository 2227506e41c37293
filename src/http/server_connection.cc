// SPDX-License-Identifier: Apache-2.0
#include "http/server_connection.hh"

#include <sys/socket.h>

#include <string>
#include <utility>

#include "http/server.hh"
#include "http/status.hh"
#include "net/socket.hh"

namespace bramble::http {

ServerConnection::ServerConnection(Server& server, Listener& listener, UniqueFd fd,
                                   const Address& peer)
    : server_(server),
      listener_(listener),
      wire_(std::move(fd)),
      peer_(peer),
      notes_(server.options_.observer),
      deadline_(*this, &ServerConnection::on_deadline) {}

ServerConnection::~ServerConnection() {
  if (wire_) loop().forget(wire_.fd(), *this);
}

Loop& ServerConnection::loop() { return server_.loop_; }

Result<void> ServerConnection::open() {
  TRY(loop().watch(wire_.fd(), *this));
  enter(Phase::kHead);
  return {};
}

void ServerConnection::on_ready(std::uint32_t events) {
  wire_.note(events);
  if (wire_.broken() && (phase_ == Phase::kAnswering || phase_ == Phase::kSending)) return abort();
  if (phase_ == Phase::kSending && (events & EPOLLOUT) != 0)
    loop().arm(deadline_, server_.options_.send_timeout);
  advance();
}

// Deferred to be destroyed, or to let others have their turn.
void ServerConnection::on_turn_end() {
  if (phase_ == Phase::kClosed) return server_.remove(*this);
  requests_this_turn_ = 0;
  turn_ends_first_ = false;
  advance();
}

// Goes through the phases until one has to wait.
void ServerConnection::advance() {
  if (std::exchange(advancing_, true)) return;
  for (bool on = true; on;) switch (phase_) {
      case Phase::kHead:
        on = read_head();
        break;
      case Phase::kSending:
        on = send_source();
        break;
      case Phase::kBody:
        on = pass_over_body();
        break;
      case Phase::kLinger:
        on = linger();
        break;
      case Phase::kAnswering:
      case Phase::kClosed:
        on = false;
        break;
    }
  advancing_ = false;
  if (phase_ != Phase::kClosed) keep_input();
}

void ServerConnection::enter(Phase phase) {
  phase_ = phase;
  const ServerOptions& options = server_.options_;
  switch (phase) {
    case Phase::kHead:
      head_begun_ = false;
      seen_ = 0;
      return loop().arm(deadline_, options.idle_timeout);
    case Phase::kAnswering:
      return loop().arm(deadline_, options.answer_timeout);
    case Phase::kSending:
      taken_before_.reset();
      return loop().arm(deadline_, options.send_timeout);
    case Phase::kBody:
      return loop().arm(deadline_, options.head_timeout);
    case Phase::kLinger:
      return loop().arm(deadline_, options.linger_timeout);
    case Phase::kClosed:
      return loop().disarm(deadline_);
  }
}

bool ServerConnection::read_head() {
  if (requests_this_turn_ >= kRequestsPerTurn) return loop().defer(*this), false;
  for (;;) {
    while (seen_ == 0 && input_.starts_with("\r\n")) consume(2);  // RFC 9112 §2.2
    if (!input_.empty()) {
      const HeadParse parsed =
          parse_request_head(input_, seen_, server_.options_.limits, server_.head_);
      if (parsed.outcome == HeadParse::Outcome::kBad) return refuse(parsed.fault), true;
      if (parsed.outcome == HeadParse::Outcome::kDone) return take_head(parsed), true;
      seen_ = input_.size();
      if (!std::exchange(head_begun_, true)) loop().arm(deadline_, server_.options_.head_timeout);
    }
    if (!receive()) return false;
  }
}

void ServerConnection::take_head(const HeadParse& parsed) {
  consume(parsed.bytes);
  ++server_.requests_;
  ++requests_this_turn_;
  const RequestHead& head = server_.head_;
  head_only_ = head.method == "HEAD";
  old_version_ = head.minor_version == 0;
  body_ = Body(head.framing);
  passed_over_ = 0;
  const bool body_is_small = !head.expects_continue && head.framing.length <= kPassedOverBytesMax;
  persistent_ = head.persistent && body_is_small;
  notes_.begin(&head, loop().now());
  enter(Phase::kAnswering);
  if (head.expects_otherwise)
    return answer_plainly(417, "of expectations only 100-continue is known here");
  std::unique_ptr<Pending> pending = server_.application_.on_request(head, *this);
  BRAMBLE_CHECK((pending != nullptr) == (phase_ == Phase::kAnswering));
  pending_ = std::move(pending);
}

// What follows a bad head is not known to be a request.
void ServerConnection::refuse(HeadFault fault) {
  head_only_ = persistent_ = old_version_ = false;
  body_ = Body();
  notes_.begin(nullptr, loop().now());
  notes_.blame(Ending::kBadRequest);
  enter(Phase::kAnswering);
  answer_plainly(status_of(fault), explain(fault));
}

void ServerConnection::answer(Answer answer) {
  BRAMBLE_CHECK(phase_ == Phase::kAnswering);
  const std::unique_ptr<Pending> pending = std::move(pending_);  // may be what called us
  close_ = answer.close || !persistent_ || draining_;
  const bool bodiless = answer.status == 204 || answer.status == 304;
  const bool with_body = !bodiless && !head_only_;

  if (answer.kept) return answer_kept(answer.status, std::move(answer.kept));
  ResponseWriter& writer = begin_head(answer.status);
  writer.lines(answer.fields);
  std::optional<std::uint64_t> body_bytes;
  if (!bodiless) body_bytes = answer.length.value_or(answer.body.size());
  const std::string_view head = writer.end(body_bytes);

  if (with_body) source_ = std::move(answer.source);
  begin_sending(answer.status, with_body && !source_ ? answer.body.size() : 0);
  const auto follow = source_ ? PendingOutput::Follow::kMore : PendingOutput::Follow::kNothing;
  if (wire_.send(head, with_body ? answer.body : "", follow) == Sent::kFailed) return abort();
  advance();
}

ResponseWriter& ServerConnection::begin_head(int status) {
  ResponseWriter& writer = server_.writer_;
  writer.begin(status, loop().wall());
  if (close_)
    writer.field("Connection", "close");
  else if (old_version_)
    writer.field("Connection", "keep-alive");
  return writer;
}

// At the turn's end: to receive from all first, and then to send to all, is easier on the
// processor's caches. But of requests that came together, each waits for the answer before it.
void ServerConnection::answer_kept(int status, std::shared_ptr<const HeadedBytes> kept) {
  begin_sending(status, kept->size());
  kept_ = std::move(kept);
  kept_status_ = status;
  turn_ends_first_ = input_.empty();
  if (turn_ends_first_) return loop().defer(*this);
  advance();
}

Sent ServerConnection::send_kept() {
  const std::shared_ptr<const HeadedBytes> kept = std::move(kept_);
  const std::string_view first = begin_head(kept_status_).text();
  const HeadedBytes::Fronted all(first, *kept);
  return all.text().empty() ? wire_.send(first, kept->lined()) : wire_.send(all.text());
}

void ServerConnection::begin_sending(int status, std::size_t body_bytes) {
  enter(Phase::kSending);
  notes_.answered(status, body_bytes, loop().now());
}

void ServerConnection::answer_plainly(int status, std::string_view why, std::string_view fields) {
  std::string text = std::to_string(status);
  text.append(" ").append(reason_of(status)).append(": ").append(why).append("\n");
  std::string lines = "Content-Type: text/plain; charset=utf-8\r\n";
  lines.append(fields);
  answer({.status = status, .fields = lines, .body = text});
}

void ServerConnection::give_time(std::chrono::milliseconds time) {
  BRAMBLE_CHECK(phase_ == Phase::kAnswering);
  loop().arm(deadline_, time);
}

void ServerConnection::give_usual_time() { give_time(server_.options_.answer_timeout); }

void ServerConnection::resume() {
  if (phase_ != Phase::kSending) return;
  loop().arm(deadline_, server_.options_.send_timeout);
  advance();
}

void ServerConnection::end_notes(Ending ending) {
  if (source_) notes_.body_sent(source_->sent_bytes());
  notes_.end(ending, peer_, loop().now(), loop().wall());
}

bool ServerConnection::send_source() {
  if (turn_ends_first_) return false;
  if (kept_ && send_kept() == Sent::kFailed) return abort(), false;
  const Sent flushed = wire_.flush();
  if (flushed == Sent::kFailed) return abort(), false;
  if (flushed == Sent::kBlocked) return false;
  if (!source_) return sent(), true;
  switch (source_->send(wire_)) {
    case BodySource::Progress::kDone:
      notes_.body_sent(source_->sent_bytes());
      source_.reset();
      return true;
    case BodySource::Progress::kMore:  // a socket that is never full tells nothing of its own
      loop().arm(deadline_, server_.options_.send_timeout);
      return loop().defer(*this), false;
    case BodySource::Progress::kBlocked:
    case BodySource::Progress::kWaiting:
      return false;
    case BodySource::Progress::kFailed:
      abort(wire_.broken() || wire_.code() != 0 ? Ending::kClientAborted : Ending::kBackendClosed);
  }
  return false;
}

// The whole answer is with the kernel.
void ServerConnection::sent() {
  notes_.end(peer_, loop().now(), loop().wall());
  if (close_ || draining_) return finish();
  enter(body_.done() ? Phase::kHead : Phase::kBody);
}

bool ServerConnection::pass_over_body() {
  for (;;) {
    if (!input_.empty()) {
      const Body::Progress progress = body_.feed(input_);
      consume(progress.bytes);
      passed_over_ += progress.bytes;
      if (progress.outcome == Body::Outcome::kDone)
        return draining_ ? finish() : enter(Phase::kHead), true;
      if (progress.outcome == Body::Outcome::kBad || passed_over_ > kPassedOverBytesMax)
        return finish(), true;
    }
    if (!receive()) return false;
  }
}

bool ServerConnection::linger() {
  std::size_t bytes = 0;
  for (int i = 0; i < kRequestsPerTurn; ++i)
    switch (wire_.receive(loop().receive_buffer(), bytes)) {
      case Wire::Received::kBytes:
        break;
      case Wire::Received::kNothing:
        return false;
      case Wire::Received::kEnd:
      case Wire::Received::kFailed:
        return closed(), false;
    }
  return loop().defer(*this), false;
}

// More input. False where there is none yet, or never will be.
bool ServerConnection::receive() {
  if (!wire_.readable()) return false;
  if (!input_.empty()) keep_input();  // it may lie where the next bytes go
  const std::span<char> buffer = loop().receive_buffer();
  std::size_t bytes = 0;
  switch (wire_.receive(buffer, bytes)) {
    case Wire::Received::kBytes:
      break;
    case Wire::Received::kNothing:
      return false;
    case Wire::Received::kEnd:
    case Wire::Received::kFailed:
      return closed(), false;
  }
  if (input_.empty()) {
    input_ = {buffer.data(), bytes};
  } else {
    inbox_.append(buffer.data(), bytes);
    input_ = inbox_;
  }
  return true;
}

void ServerConnection::consume(std::size_t bytes) { input_.remove_prefix(bytes); }

// Input that is left moves to memory of our own. None left: the memory is given back.
void ServerConnection::keep_input() {
  if (input_.empty()) {
    if (!inbox_.empty()) std::string().swap(inbox_);
  } else if (input_.data() != inbox_.data()) {
    inbox_ = std::string(input_);
  }
  input_ = inbox_;
}

void ServerConnection::on_deadline() {
  switch (phase_) {
    case Phase::kHead:
      if (idle()) return closed();
      head_only_ = persistent_ = old_version_ = false;
      notes_.begin(nullptr, loop().now());
      notes_.blame(Ending::kClientStalled);
      enter(Phase::kAnswering);
      return answer_plainly(408, "the request did not come whole in time");
    case Phase::kAnswering:
      persistent_ = false;
      if (pending_->answer_late()) return;
      notes_.blame(Ending::kBackendStalled);
      return answer_plainly(503, "no answer was found in time", "Retry-After: 1\r\n");
    case Phase::kSending:
      if (!visitor_takes())
        return abort(wire_.writable() ? Ending::kBackendStalled : Ending::kClientStalled);
      return loop().arm(deadline_, server_.options_.send_timeout);
    case Phase::kBody:
      return finish();
    case Phase::kLinger:
      return closed();
    case Phase::kClosed:
      return;
  }
}

// One behind a slow line takes some of what our kernel holds for it, and epoll tells of room only
// when a third of that is gone. The first look only notes.
bool ServerConnection::visitor_takes() {
  if (wire_.writable()) return false;  // it has taken all: what it waits for does not come
  const std::uint64_t taken = bytes_acknowledged(wire_.fd());
  const std::optional<std::uint64_t> before = std::exchange(taken_before_, taken);
  return !before || taken > *before;
}

// What epoll has not told of yet may have come.
void ServerConnection::drain() {
  draining_ = true;
  if (phase_ != Phase::kHead) return;
  wire_.note_readable();
  advance();
  if (idle()) closed();
}

void ServerConnection::finish() {
  const bool unread = !body_.done() || !input_.empty() || wire_.readable();
  if (!unread) return closed();
  ::shutdown(wire_.fd(), SHUT_WR);
  input_ = {};
  enter(Phase::kLinger);
}

void ServerConnection::abort(Ending ending) {
  end_notes(ending);
  if (wire_) set_reset_on_close(wire_.fd());
  closed();
}

void ServerConnection::closed() {
  if (phase_ == Phase::kClosed) return;
  enter(Phase::kClosed);
  loop().forget(wire_.fd(), *this);
  wire_.close();
  input_ = {};
  pending_.reset();
  source_.reset();
  kept_.reset();
  loop().defer(*this);
}

}  // namespace bramble::http
