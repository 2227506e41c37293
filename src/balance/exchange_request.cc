// SPDX-License-Identifier: Apache-2.0
// The request's way to the backend.
#include <algorithm>

#include "balance/bounds.hh"
#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "net/socket.hh"

namespace bramble::balance {

void Exchange::write_request_head(const http::RequestHead& head) {
  const TrustOptions& trust = worker_.options().trust;
  const http::Field* const id =
      client_->trusted() ? head.find(http::FieldName::kXRequestId) : nullptr;
  request_id_ = id != nullptr && !id->value.empty() ? id->value : worker_.next_request_id();
  own_connection_ = trust.send_proxy.has_value();
  if (own_connection_) append_proxy_header_to(request_);
  proxy_header_bytes_ = request_.size();
  append_request_head(request_, head,
                      {.client_ip = client_->ip(),
                       .request_id = request_id_,
                       .trusted = client_->trusted(),
                       .forwarded = trust.forwarded,
                       .upgrade = asks_upgrade_});
  if (!worker_.logs()) return;
  visitor_ = client_->trusted() ? visitor_of(head, client_->ip(), trust) : client_->ip();
}

// Tells the backend whose connection it is: so it serves this request alone.
void Exchange::append_proxy_header_to(std::string& out) {
  const Result<Address> ours = local_address(client_->wire().fd());
  append_proxy_header(out, *worker_.options().trust.send_proxy, client_->source(),
                      ours.ok() ? *ours : Address());
}

// All that the visitor sent of it has gone on: he is waited for, not the backend.
bool Exchange::upload_is_due() const {
  return !request_body_.done() && !request_given_up_ && sent_ == request_.size();
}

Exchange::Pumped Exchange::pump_request() {
  for (int pieces = 0; pieces < kPiecesPerTurn; ++pieces) {
    const Pumped sent = send_kept();
    if (sent != Pumped::kAll) return sent;
    if (request_body_.done()) return Pumped::kAll;
    const Pumped taken = take_body();
    if (taken != Pumped::kAll) return taken;
  }
  worker_.loop().defer(*this);
  return Pumped::kWait;
}

Exchange::Step Exchange::gather() {
  while (!request_body_.done() && request_.size() < kKeptBytesMax) {
    switch (take_body()) {
      case Pumped::kAll:
        break;
      case Pumped::kClientLeft:
        return break_off(http::Ending::kClientAborted, false);
      case Pumped::kClientSlow:
        return answer_locally(408, http::Ending::kClientStalled);
      case Pumped::kClientBad:
        return answer_locally(400, http::Ending::kBadRequest);
      case Pumped::kBackendBroken:
      case Pumped::kWait:
        return Step::kWait;
    }
  }
  worker_.loop().disarm(timer_);
  phase_ = Phase::kChoosing;
  return Step::kGoOn;
}

Exchange::Pumped Exchange::send_kept() {
  if (sent_ == request_.size()) return Pumped::kAll;
  Wire& backend = connection_->wire();
  if (!backend.writable()) {  // what it takes counts, and not what comes of the client
    if (unsent_since_ == Monotonic{}) unsent_since_ = worker_.loop().now();
    arm_for_rest(worker_.timeouts().answer, unsent_since_);
    return Pumped::kWait;
  }
  const std::ptrdiff_t taken = backend.send_some(std::string_view(request_).substr(sent_));
  if (taken < 0) return Pumped::kBackendBroken;
  sent_ += static_cast<std::size_t>(taken);
  if (taken > 0) unsent_since_ = {};
  connection_->request_bytes_sent(static_cast<std::size_t>(taken));
  worker_.loop().arm(timer_, answer_patience());
  return sent_ == request_.size() ? Pumped::kAll : Pumped::kWait;
}

// The next piece of the body, from what was received behind the head or from the wire.
Exchange::Pumped Exchange::take_body() {
  std::string& input = client_->input();
  if (!input.empty()) {
    const std::string bytes = std::exchange(input, {});
    return pass_body(bytes);
  }
  std::span<char> buffer = worker_.loop().receive_buffer();
  if (request_body_.kind() == http::Framing::Kind::kLength)
    buffer = buffer.first(std::min<std::uint64_t>(buffer.size(), request_body_.unseen_left()));
  std::size_t bytes = 0;
  switch (client_->wire().receive(buffer, bytes)) {
    case Wire::Received::kNothing:
      if (awaits_continue_) return worker_.loop().arm(timer_, answer_patience()), Pumped::kWait;
      pace_.wait(worker_.loop().now());
      if (pace_.too_slow(worker_.timeouts().client_stall, worker_.options().body_rate_min,
                         worker_.loop().now()))
        return Pumped::kClientSlow;
      worker_.loop().arm(timer_, worker_.timeouts().client_stall);
      return Pumped::kWait;
    case Wire::Received::kEnd:
    case Wire::Received::kFailed:
      return Pumped::kClientLeft;
    case Wire::Received::kBytes:
      pace_.received(bytes, worker_.loop().now());
      break;
  }
  return pass_body({buffer.data(), bytes});
}

// What is behind the body's end is the next request, and the client's again.
Exchange::Pumped Exchange::pass_body(std::string_view bytes) {
  awaits_continue_ = false;
  const http::Body::Progress progress = request_body_.feed(bytes);
  if (progress.outcome == http::Body::Outcome::kBad) return Pumped::kClientBad;
  client_->input().assign(bytes.substr(progress.bytes));
  const std::string_view body = bytes.substr(0, progress.bytes);
  const bool too_much = request_.size() + body.size() > kKeptBytesMax;
  if (sent_ == request_.size() && (too_much || !replayable_)) {  // else all of it is still here
    replayable_ = false;
    request_.clear();
    sent_ = 0;
  }
  request_.append(body);
  return Pumped::kAll;
}

}  // namespace bramble::balance
