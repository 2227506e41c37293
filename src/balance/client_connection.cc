// SPDX-License-Identifier: Apache-2.0
#include "balance/client_connection.hh"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "balance/bounds.hh"
#include "balance/exchange.hh"
#include "balance/local_answer.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

constexpr http::HeadLimits kHeadLimits;

// How long an idle connection is kept while we drain.
constexpr std::chrono::milliseconds kDrainPatience{1000};
constexpr std::chrono::seconds kLingerMax{30};  // for who goes on sending

// Requests that are refused though they are well-formed, or 0.
int refusal_of(const http::RequestHead& head) {
  if (head.form == http::TargetForm::kAuthority) return 501;
  if (head.method == "TRACE") return 405;
  if (head.expects_otherwise) return 417;
  return 0;
}

std::string_view why_refused(int status) {
  if (status == 417) return "of expectations only 100-continue is known";
  return status == 405 ? "TRACE is not passed on" : "CONNECT is not passed on";
}

// Some clients send one behind a body (RFC 9112 §2.2): it begins no request.
bool is_empty_lines(std::string_view text) {
  while (text.starts_with("\r\n")) text.remove_prefix(2);
  return text.empty();
}

}  // namespace

void ClientConnection::open(Worker& worker, Listener& listener, UniqueFd fd, const Address& peer) {
  auto* client = new ClientConnection(worker, listener, std::move(fd), peer);
  worker.client_opened(*client);
  if (!worker.loop().watch(client->wire_.fd(), *client).ok()) return client->close();
  client->idle_since_ = worker.loop().now();
  worker.loop().arm(client->timer_,
                    worker.draining() ? kDrainPatience : worker.timeouts().client_head);
}

ClientConnection::ClientConnection(Worker& worker, Listener& listener, UniqueFd fd,
                                   const Address& peer)
    : worker_(worker),
      listener_(listener),
      wire_(std::move(fd)),
      source_(peer),
      ip_(peer.ip()),
      trusted_(worker.options().trust.trusts(peer)),
      proxy_header_comes_(trusted_ && worker.options().trust.accept_proxy),
      counted_as_(trusted_ ? std::nullopt : std::optional<Source>(source_of(peer))),
      timer_(*this, &ClientConnection::on_timer) {}

void ClientConnection::on_ready(std::uint32_t events) {
  wire_.note(events);
  switch (state_) {
    case State::kIdle:
    case State::kReadingHead:
      return serve();
    case State::kServing:
      return exchange_->on_client_ready();
    case State::kLastWords:
      return send_last_words();
    case State::kLingering:
      return linger();
    case State::kClosed:
      return;
  }
}

void ClientConnection::on_turn_end() {
  switch (state_) {
    case State::kIdle:
    case State::kReadingHead:
      return serve();
    case State::kLingering:
      return linger();
    case State::kServing:
    case State::kLastWords:
      return;
    case State::kClosed:
      delete this;
  }
}

void ClientConnection::on_timer() {
  switch (state_) {
    case State::kReadingHead:
      return refuse(408, "the head of the request took too long");
    case State::kIdle:
      return idled_too_long();
    case State::kLastWords:
    case State::kLingering:
      return close();
    case State::kServing:
    case State::kClosed:
      return;
  }
}

void ClientConnection::serve() {
  serving_loop_ = true;
  int pieces = 0;
  while ((state_ == State::kIdle || state_ == State::kReadingHead) && all_is_sent()) {
    if (!read_head()) break;
    if (++pieces < kPiecesPerTurn) continue;
    worker_.loop().defer(*this);
    break;
  }
  serving_loop_ = false;
}

bool ClientConnection::all_is_sent() {
  if (!wire_.blocked()) return true;
  switch (wire_.flush()) {
    case Sent::kBlocked:
      return false;
    case Sent::kFailed:
      return close(), false;
    case Sent::kAll:
      break;
  }
  worker_.loop().arm(timer_, idle_patience());
  return true;
}

// Whether there may be more to do at once.
bool ClientConnection::read_head() {
  std::string_view text = input_;
  if (text.size() <= seen_) {
    const std::span<char> buffer = worker_.loop().receive_buffer();
    std::size_t bytes = 0;
    const Wire::Received received = wire_.receive(buffer, bytes);
    if (received == Wire::Received::kNothing) return false;
    if (received != Wire::Received::kBytes) return close(), false;
    text = {buffer.data(), bytes};
    if (!input_.empty()) text = input_.append(text);
  }
  if (proxy_header_comes_) return read_proxy_header(text);
  http::RequestHead& head = worker_.request_head();
  const http::HeadParse parsed = http::parse_request_head(text, seen_, kHeadLimits, head);
  switch (parsed.outcome) {
    case http::HeadParse::Outcome::kMore:
      if (state_ == State::kIdle && is_empty_lines(text))
        input_.clear();
      else
        more_is_needed(text);
      return true;
    case http::HeadParse::Outcome::kBad:
      refuse(http::status_of(parsed.fault), http::explain(parsed.fault));
      return false;
    case http::HeadParse::Outcome::kDone:
      break;
  }
  if (const int status = refusal_of(head); status != 0) {
    refuse(status, why_refused(status));
    return false;
  }
  begin_exchange(text, parsed.bytes);
  return true;
}

// The text is the input, or lies in the loop's receive buffer.
bool ClientConnection::read_proxy_header(std::string_view text) {
  const ProxyHeader header = parse_proxy_header(text);
  switch (header.outcome) {
    case ProxyHeader::Outcome::kMore:
      more_is_needed(text);
      return true;
    case ProxyHeader::Outcome::kBad:
      refuse(400, "the connection does not begin with a good PROXY header");
      return false;
    case ProxyHeader::Outcome::kDone:
      break;
  }
  proxy_header_comes_ = false;
  if (header.source) {
    source_ = *header.source;
    ip_ = source_.ip();
    trusted_ = worker_.options().trust.trusts(source_);
  }
  input_ = std::string(text.substr(header.bytes));
  seen_ = 0;
  return true;
}

void ClientConnection::more_is_needed(std::string_view text) {
  if (input_.empty()) input_.assign(text);
  seen_ = input_.size();
  if (std::exchange(state_, State::kReadingHead) == State::kIdle)
    worker_.loop().arm(timer_, worker_.timeouts().client_head);
}

// The text is the input, or lies in the loop's receive buffer.
void ClientConnection::begin_exchange(std::string_view text, std::size_t head_bytes) {
  const http::RequestHead& head = worker_.request_head();
  state_ = State::kServing;
  exchange_ = &worker_.take_exchange();
  exchange_->begin(*this, head);
  if (!input_.empty())
    input_.erase(0, head_bytes);
  else if (head_bytes < text.size())
    input_.assign(text.substr(head_bytes));
  seen_ = 0;
  exchange_->advance();
}

void ClientConnection::exchange_over(bool stays_open) {
  exchange_ = nullptr;
  if (state_ == State::kClosed) return;
  if (!stays_open) {
    state_ = State::kLastWords;
    worker_.loop().arm(timer_, worker_.timeouts().client_stall);
    return send_last_words();
  }
  state_ = State::kIdle;
  if (input_.empty()) std::string().swap(input_);
  idle_since_ = worker_.loop().now();
  worker_.loop().arm(timer_, wire_.blocked() ? worker_.timeouts().client_stall : idle_patience());
  if (!serving_loop_ && (!input_.empty() || wire_.readable())) serve();
}

// One that closes its side has sent all it wants, and may wait for the answer all the same: that it
// is gone shows when it is sent something.
bool ClientConnection::left() const { return wire_.broken(); }

void ClientConnection::refuse(int status, std::string_view why) {
  worker_.counters().bad_requests.add();
  worker_.count_status(static_cast<unsigned>(status));
  worker_.counters().endings[static_cast<std::size_t>(http::Ending::kBadRequest)].add();
  std::string answer;
  append_local_answer(answer, {.status = status, .text = why, .now = worker_.loop().wall()});
  if (worker_.logs())
    worker_.log({.client = ip_,
                 .time = worker_.loop().wall(),
                 .request_line = {},
                 .status = static_cast<unsigned>(status),
                 .ending = http::Ending::kBadRequest});
  if (wire_.send(answer) == Sent::kFailed) return close();
  state_ = State::kLastWords;
  worker_.loop().arm(timer_, worker_.timeouts().client_stall);
  send_last_words();
}

void ClientConnection::send_last_words() {
  switch (wire_.flush()) {
    case Sent::kBlocked:
      return;
    case Sent::kFailed:
      return close();
    case Sent::kAll:
      break;
  }
  ::shutdown(wire_.fd(), SHUT_WR);
  state_ = State::kLingering;
  lingers_since_ = worker_.loop().now();
  worker_.loop().arm(timer_, worker_.timeouts().linger);
  linger();
}

void ClientConnection::linger() {
  const std::span<char> buffer = worker_.loop().receive_buffer();
  for (int pieces = 0; pieces < kPiecesPerTurn; ++pieces) {
    std::size_t bytes = 0;
    const Wire::Received received = wire_.receive(buffer, bytes);
    if (received == Wire::Received::kNothing) return;
    if (received != Wire::Received::kBytes) return close();
    const auto left = kLingerMax - (worker_.loop().now() - lingers_since_);
    if (left.count() <= 0) return close();
    worker_.loop().arm(timer_, std::min<Monotonic::duration>(worker_.timeouts().linger, left));
  }
  worker_.loop().defer(*this);
}

void ClientConnection::reset() {
  if (state_ == State::kClosed) return;
  set_reset_on_close(wire_.fd());
  close();
}

// A visitor that has just been answered, or has just come, may have a request on its way.
std::chrono::nanoseconds ClientConnection::idle_patience() const {
  if (!worker_.draining()) return worker_.timeouts().client_idle;
  const std::chrono::nanoseconds idle = worker_.loop().now() - idle_since_;
  return std::max<std::chrono::nanoseconds>(kDrainPatience - idle, std::chrono::nanoseconds(0));
}

void ClientConnection::drain() {
  if (state_ == State::kIdle && !wire_.blocked()) worker_.loop().arm(timer_, idle_patience());
}

// Bytes that have come meanwhile are a request: it is served.
void ClientConnection::idled_too_long() {
  if (wire_.blocked()) return takes_nothing_for_long();
  char next = 0;
  if (::recv(wire_.fd(), &next, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
    return worker_.loop().arm(timer_, kDrainPatience);
  close();
}

// One behind a slow line takes some of what our kernel holds for it. The first look only notes.
void ClientConnection::takes_nothing_for_long() {
  const std::uint64_t taken = bytes_acknowledged(wire_.fd());
  if (std::exchange(taken_before_, taken) == taken) return reset();
  worker_.loop().arm(timer_, worker_.timeouts().client_stall);
}

void ClientConnection::stop_now() {
  if (state_ == State::kServing) return exchange_->stop();
  close();
}

void ClientConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  worker_.loop().disarm(timer_);
  worker_.loop().forget(wire_.fd(), *this);
  wire_.close();
  worker_.client_closed(*this, counted_as_);
  worker_.loop().defer(*this);
}

}  // namespace bramble::balance
