// SPDX-License-Identifier: Apache-2.0
// How a request ends: with the backend's answer, with one of ours, or broken off; and what is told
// of it. The exchange goes back to those that wait for a visitor, as it was when it was made.
#include <string>
#include <utility>

#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "balance/local_answer.hh"
#include "balance/stripe.hh"

namespace bramble::balance {
namespace {

constexpr std::size_t kKeptRoomBytes = 4096;  // of a pooled exchange's strings

void give_room_back(std::string& text) {
  if (text.capacity() > kKeptRoomBytes)
    std::string().swap(text);
  else
    text.clear();
}

std::string_view text_of(http::Ending ending) {
  switch (ending) {
    case http::Ending::kNoBackend:
      return "there is no server to ask";
    case http::Ending::kQueueFull:
    case http::Ending::kQueueTooLong:
      return "all servers are busy";
    case http::Ending::kConnectFailed:
      return "the server cannot be reached";
    case http::Ending::kBackendStalled:
      return "the server did not answer in time";
    case http::Ending::kBackendBad:
      return "the server's answer is not HTTP";
    case http::Ending::kClientStalled:
      return "the request's body took too long";
    case http::Ending::kBadRequest:
      return "the request's body is not well chunked";
    default:
      return "the server closed the connection before it answered";
  }
}

}  // namespace

Exchange::Step Exchange::answer_locally(int status, http::Ending ending) {
  if (answering_) return break_off(ending, false);
  const bool stays =
      client_persistent_ && request_body_.done() && !worker_.draining() && client_minor_ == 1;
  std::string text;
  append_local_answer(text, {.status = status,
                             .text = text_of(ending),
                             .now = worker_.loop().wall(),
                             .close = !stays,
                             .without_body = is_head_});
  status_ = static_cast<unsigned>(status);
  if (client_->wire().send(text) == Sent::kFailed)
    return break_off(http::Ending::kClientAborted, false);
  return finish(ending, stays);
}

Exchange::Step Exchange::break_off(http::Ending ending, bool backend_failed) {
  if (backend_failed)
    worker_.backend_failed(backend_, Report::kFailed, std::string(name_of(ending)));
  if (ending == http::Ending::kClientAborted) worker_.counters().client_aborts.add();
  client_->reset();
  return finish(ending, false);
}

Exchange::Step Exchange::finish(http::Ending ending, bool client_stays) {
  if (own_connection_ && ending == http::Ending::kOk && phase_ == Phase::kAnswering)
    connection_->free_port_on_close();
  leave_backend(ending == http::Ending::kOk && backend_persistent_ && !own_connection_ &&
                request_is_sent() && !request_given_up_);
  leave_other();
  if (stripe_ != nullptr) leave_stripe();
  if (std::exchange(seated_, false)) worker_.leave_seat(*this);
  record(ending);
  ClientConnection& client = *std::exchange(client_, nullptr);
  phase_ = Phase::kOver;
  give_room_back(request_);
  give_room_back(answer_head_);
  give_room_back(other_head_);
  give_room_back(request_line_);
  give_room_back(referer_);
  give_room_back(user_agent_);
  give_room_back(request_id_);
  give_room_back(visitor_);
  if (pipe_) worker_.pipes().give_back(*std::exchange(pipe_, std::nullopt));
  sent_ = tried_count_ = 0;
  tries_ = tries_before_ = resumes_ = status_ = 0;
  body_bytes_ = asked_from_ = resumed_at_ = credited_bytes_ = 0;
  lacking_since_ = {};
  others_with_else_ = 0;
  give_room_back(something_else_);
  remainder_.forget();
  left_backend_.clear();
  resumed_from_.clear();
  stripes_ = 0;
  stripe_pause_ = {};
  silent_since_ = unhindered_since_ = stripe_after_ = {};
  wait_ = {};
  replayable_ = true;
  preference_ = {};
  hedged_ = told_late_ = request_given_up_ = fresh_only_ = answering_ = resuming_ = narrowing_ =
      decodes_ = false;
  backend_persistent_ = client_ended_ = backend_ended_ = false;
  worker_.give_back(*this);
  client.exchange_over(client_stays);
  return Step::kWait;
}

void Exchange::leave_backend(bool reusable) {
  if (!std::exchange(in_flight_, false)) return;
  worker_.request_ended(backend_, seats_);
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->leave(reusable);
}

void Exchange::record(http::Ending ending) {
  const std::chrono::nanoseconds total = worker_.loop().now() - began_;
  worker_.count_status(status_);
  worker_.counters().endings[static_cast<std::size_t>(ending)].add();
  if (phase_ != Phase::kTunnelling) worker_.counters().totals.observe(total);
  worker_.counters().body_bytes.add(body_bytes_);
  if (ending == http::Ending::kBadRequest) worker_.counters().bad_requests.add();
  if (tries_ > 0) credit_body_bytes();
  if (!worker_.logs()) return;
  worker_.log({.client = visitor_,
               .time = worker_.loop().wall(),
               .request_line = request_line_,
               .status = status_,
               .body_bytes = body_bytes_,
               .referer = referer_,
               .user_agent = user_agent_,
               .backend = tries_ > 0 ? std::string_view(worker_.backend(backend_).options().name)
                                     : std::string_view(),
               .wait = wait_,
               .total = total,
               .tries = tries_,
               .resumes = resumes_,
               .resumed_from = resumed_from_,
               .resumed_at = resumed_at_,
               .stripes = stripes_,
               .ending = ending,
               .request_id = request_id_});
}

}  // namespace bramble::balance
