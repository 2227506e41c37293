// SPDX-License-Identifier: Apache-2.0
#include "balance/exchange.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "balance/client_connection.hh"
#include "balance/stripe.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::seconds kStaleWithin{1};  // a server that closes an idle connection is quick

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

Exchange::Exchange(Worker& worker) : worker_(worker), timer_(*this, &Exchange::on_timer) {}
Exchange::~Exchange() = default;

void Exchange::begin(ClientConnection& client, const http::RequestHead& head) {
  client_ = &client;
  began_ = worker_.loop().now();
  idempotent_ = is_idempotent(head.method);
  is_head_ = head.method == "HEAD";
  hedgeable_ = (is_head_ || head.method == "GET") && !head.asks_upgrade;
  resumable_ = hedgeable_ && head.framing.kind == http::Framing::Kind::kNone;
  asks_upgrade_ = head.asks_upgrade;
  client_persistent_ = head.persistent;
  client_minor_ = head.minor_version;
  request_body_ = http::Body(head.framing);
  const bool gathers = head.framing.kind == http::Framing::Kind::kLength && !head.expects_continue;
  phase_ = gathers ? Phase::kGathering : Phase::kChoosing;
  pace_.begin();
  taken_before_ = std::nullopt;
  blocked_since_ = {};
  awaits_continue_ = head.expects_continue && !request_body_.done();
  if (worker_.has_affinity()) preference_ = preference_of(head, worker_.options().affinity);
  write_request_head(head);
  worker_.counters().requests.add();
  worker_.retry_budget().request();
  if (!worker_.logs()) return;
  request_line_.append(head.method).append(" ").append(head.target);
  request_line_.append(client_minor_ == 1 ? " HTTP/1.1" : " HTTP/1.0");
  referer_.assign(head.value(http::FieldName::kReferer));
  user_agent_.assign(head.value(http::FieldName::kUserAgent));
}

void Exchange::advance() {
  Step step = Step::kGoOn;
  while (step == Step::kGoOn) {
    switch (phase_) {
      case Phase::kGathering:
        step = gather();
        break;
      case Phase::kChoosing:
        step = choose();
        break;
      case Phase::kConnecting:
        step = connect();
        break;
      case Phase::kAsking:
        step = ask();
        break;
      case Phase::kAnswering:
        step = answer();
        break;
      case Phase::kStriping:
        step = stripe();
        break;
      case Phase::kTunnelling:
        step = tunnel();
        break;
      case Phase::kQueued:
      case Phase::kLackingRest:
      case Phase::kOver:
        return;
    }
  }
}

void Exchange::on_client_ready() {
  Wire& client = client_->wire();
  if (client.blocked() && client.flush() == Sent::kFailed)
    return (void)break_off(http::Ending::kClientAborted, false);
  if (phase_ != Phase::kTunnelling && client_->left())
    (void)break_off(http::Ending::kClientAborted, false);
  else
    advance();
}

Exchange::Step Exchange::connect() {
  if (other_has_word()) {
    leave_backend(false);
    return go_on_with_other();
  }
  if (!connection_->wire().writable() && !connection_->wire().broken()) return Step::kWait;
  const int code = connection_->finish_connecting();
  if (code == 0) {
    phase_ = Phase::kAsking;
    return Step::kGoOn;
  }
  return attempt_failed({.ending = http::Ending::kConnectFailed,
                         .status = 502,
                         .unreceived = true,
                         .refused = code == ECONNREFUSED,
                         .code = code});
}

// Where two backends are asked, the one that has something to say is heard.
Exchange::Step Exchange::ask() {
  if (other_has_word()) swap_with_other();
  const Step step = ask_one();
  if (step != Step::kWait || phase_ != Phase::kAsking || !other_has_word()) return step;
  swap_with_other();
  return ask_one();
}

Exchange::Step Exchange::ask_one() {
  switch (request_given_up_ ? Pumped::kBackendBroken : pump_request()) {
    case Pumped::kClientLeft:
      return break_off(http::Ending::kClientAborted, false);
    case Pumped::kClientSlow:
      leave_backend(false);
      return answer_locally(408, http::Ending::kClientStalled);
    case Pumped::kClientBad:
      leave_backend(false);
      return answer_locally(400, http::Ending::kBadRequest);
    case Pumped::kBackendBroken:  // it may have answered all the same, before it closed
      request_given_up_ = true;
      connection_->wire().note_readable();
      break;
    case Pumped::kAll:
    case Pumped::kWait:
      break;
  }
  return await_head();
}

Exchange::Step Exchange::attempt_failed(const Failure& failure) {
  const bool orderly_end = failure.ending == http::Ending::kBackendClosed && failure.code == 0;
  const bool unreceived =
      failure.unreceived ||
      (connection_ != nullptr && connection_->request_surely_unreceived(orderly_end));
  // A pooled connection may end just as it is used again: that says nothing of the backend.
  const bool stale = phase_ == Phase::kAsking && connection_->may_be_stale() && replayable_ &&
                     failure.ending == http::Ending::kBackendClosed &&
                     (unreceived || (idempotent_ && worker_.loop().now() - asked_ < kStaleWithin));
  // Nobody has had it, or a closed socket alone, as far as anybody can tell.
  const bool costs_nothing = failure.ours || (stale && connection_->request_unacknowledged());
  leave_backend(false);
  narrowing_ = false;
  failure_ = failure;
  const bool visitor_was_silent =
      awaits_continue_ && failure.ending == http::Ending::kBackendStalled;
  if (!stale && !failure.ours && !visitor_was_silent) {
    const std::string reason =
        fmt::format("{}{}{}", name_of(failure.ending), failure.code != 0 ? ": " : "",
                    failure.code != 0 ? std::string(::strerror(failure.code)) : std::string());
    worker_.backend_failed(backend_, failure.refused ? Report::kRefused : Report::kFailed, reason);
  }
  if (answering_ && !resuming_) return break_off(failure.ending, false);
  if (other_ != nullptr) {
    if (!stale) note_tried();
    return go_on_with_other();
  }
  const unsigned no_try = stale ? 1 : 0;
  tries_ -= no_try;
  if (!may_try_again(unreceived) ||
      (!resuming_ && !costs_nothing && !worker_.retry_budget().take())) {
    tries_ += no_try;
    return resuming_ ? nobody_gives_rest() : answer_locally(failure.status, failure.ending);
  }
  fresh_only_ = stale;
  return try_again(stale);
}

Exchange::Step Exchange::try_again(bool same) {
  worker_.counters().retries.add();
  return choose_again(same);
}

// Once each: one that was noted when it was hedged may go on, and fail.
void Exchange::note_tried() {
  if (std::ranges::find(tried(), backend_) != tried().end()) return;
  BRAMBLE_CHECK(tried_count_ < tried_.size());
  tried_[tried_count_++] = backend_;
}

Exchange::Step Exchange::choose_again(bool same) {
  if (!same) note_tried();
  answer_head_.clear();
  request_given_up_ = false;
  phase_ = Phase::kChoosing;
  return Step::kGoOn;
}

bool Exchange::may_try_again(bool unreceived) const {
  return tries_left() && replayable_ && (idempotent_ || unreceived);
}

// Takes of the retry budget where it says yes.
bool Exchange::may_ask_another() {
  return other_ == nullptr && may_try_again(false) &&
         worker_.another_is_healthy(backend_, tried()) && worker_.retry_budget().take();
}

Exchange::Step Exchange::wait_for(std::chrono::milliseconds timeout) {
  worker_.loop().arm(timer_, timeout);
  return Step::kWait;
}

void Exchange::arm_for_rest(std::chrono::milliseconds patience, Monotonic since) {
  const Monotonic::duration left = patience - (worker_.loop().now() - since);
  worker_.loop().arm(timer_, std::max(left, Monotonic::duration(0)));
}

void Exchange::on_timer() {
  Step step = Step::kWait;
  switch (phase_) {
    case Phase::kGathering:
      step = answer_locally(408, http::Ending::kClientStalled);
      break;
    case Phase::kConnecting:
      step = attempt_failed({.ending = http::Ending::kConnectFailed,
                             .status = 504,
                             .unreceived = true,
                             .code = ETIMEDOUT});
      break;
    case Phase::kAsking:
      if (may_hedge() && worker_.loop().now() - asked_ < worker_.timeouts().answer) return hedge();
      if (upload_is_due() && !awaits_continue_) {
        leave_backend(false);
        step = answer_locally(408, http::Ending::kClientStalled);
      } else {
        step = attempt_failed({.ending = http::Ending::kBackendStalled, .status = 504});
      }
      break;
    case Phase::kAnswering:
      if (!client_->wire().blocked() && !pipe_holds())
        step = upload_is_due() ? break_off(http::Ending::kClientStalled, false) : backend_stalled();
      else if (client_takes())
        blocked_since_ = {}, step = wait_for_client();
      else
        step = break_off(http::Ending::kClientStalled, false);
      break;
    case Phase::kStriping:
      step = Step::kGoOn;
      break;
    case Phase::kTunnelling:
      step = break_off(http::Ending::kClientStalled, false);
      break;
    case Phase::kQueued:
      step = answer_locally(503, http::Ending::kQueueTooLong);
      break;
    case Phase::kLackingRest:
      step = choose_again(/*same=*/true);
      break;
    case Phase::kChoosing:
    case Phase::kOver:
      break;
  }
  if (step == Step::kGoOn) advance();
}

void Exchange::stop() { (void)break_off(http::Ending::kStopped, false); }

}  // namespace bramble::balance
