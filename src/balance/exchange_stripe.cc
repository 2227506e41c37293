// SPDX-License-Identifier: Apache-2.0
// A body from several backends at once.
//
//     kAnswering ── the visitor has taken all that came for kUnhindered, and waits ──► kStriping
//         ▲  ▲                                                                            │
//         │  └────────── the stream itself: nobody else has the same ─────────────────────┤
//         └─ kAsking ◄── the rest from one: it does not pay (any more), or all have failed ┘
//
// Only where the answer could be resumed (see remainder.hh), and so much is missing that it is
// worth it.
#include <algorithm>
#include <utility>

#include "balance/bounds.hh"
#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "balance/stripe.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kUnhindered{200};
constexpr std::uint64_t kUnsentMax = 64 * 1024;
constexpr std::chrono::seconds kPauseMin{10};  // until the next one; then twice as long
constexpr std::chrono::seconds kPauseMax{160};
constexpr std::chrono::seconds kLookAgain{1};  // for helpers, or memory
constexpr std::size_t kHelpersMax = 7;
// From one stripe's beginning to the next: what new lanes are sent at first no window limits yet.
constexpr std::chrono::milliseconds kBetween{50};

}  // namespace

bool Exchange::may_be_striped() const {
  const StripeOptions& options = worker_.options().stripe;
  return options.wanted && remainder_.known() && !own_connection_ &&
         answer_body_.unseen_left() >= options.bytes_min;
}

void Exchange::keep_queue_short() {
  may_be_striped() ? connection_->limit_first_bytes(worker_.sharers_of(backend_))
                   : connection_->lift_limit();
}

// To be asked where the visitor waits for the backend.
bool Exchange::stripe_is_due() {
  if (!may_be_striped()) return false;
  const Monotonic now = worker_.loop().now();
  if (unhindered_since_ == Monotonic{}) {
    unhindered_since_ = now;
    unhindered_from_ = body_bytes_;
  }
  const Seconds measured = now - unhindered_since_;
  if (measured < kUnhindered) return false;
  unhindered_since_ = {};
  rate_ = static_cast<double>(body_bytes_ - unhindered_from_) / measured.count();
  connection_->limit_queue(rate_, worker_.sharers_of(backend_));
  // What our own kernel took the visitor did not.
  return rate_ > 0 && now >= stripe_after_ && now >= worker_.next_stripe() &&
         bytes_unsent(client_->wire().fd()) <= kUnsentMax;
}

Exchange::Step Exchange::begin_stripe() {
  std::vector<std::size_t> helpers = worker_.helpers_of(backend_, tried());
  if (helpers.size() > kHelpersMax) helpers.resize(kHelpersMax);
  const std::size_t memory =
      helpers.empty() ? 0 : worker_.stripe_memory().take(Stripe::kWindowMin, Stripe::kWindowMax);
  if (memory == 0) {
    stripe_after_ = worker_.loop().now() + kLookAgain;
    return wait_for(body_patience());
  }
  worker_.next_stripe() = worker_.loop().now() + kBetween;
  credit_body_bytes();
  const Stripe::Stream stream = {.connection = std::exchange(connection_, nullptr),
                                 .seats = std::exchange(seats_, nullptr),
                                 .backend = backend_,
                                 .delivered = body_bytes_,
                                 .persistent = backend_persistent_,
                                 .rate = rate_};
  in_flight_ = false;
  phase_ = Phase::kStriping;
  const std::string_view head = std::string_view(request_).substr(proxy_header_bytes_);
  const Stripe::Request request = {.head = head, .remainder = remainder_};
  Deferred& self = *this;
  stripe_ = std::make_unique<Stripe>(worker_, self, request, memory, stream, helpers);
  return Step::kGoOn;
}

Exchange::Step Exchange::stripe() {
  Wire& client = client_->wire();
  switch (client.flush()) {
    case Sent::kFailed:
      return break_off(http::Ending::kClientAborted, false);
    case Sent::kBlocked:
      return stripe_pulse();
    case Sent::kAll:
      break;
  }
  for (int pieces = 0; pieces < kPiecesPerTurn && client.writable(); ++pieces) {
    const std::string_view bytes = stripe_->ready();
    if (bytes.empty()) break;
    const std::ptrdiff_t taken = client.send_some(bytes);
    if (taken < 0) return break_off(http::Ending::kClientAborted, false);
    stripe_->handed_on(static_cast<std::size_t>(taken));
    body_bytes_ += static_cast<std::uint64_t>(taken);
    if (taken > 0) client_stalled_since_ = {};
  }
  if (body_bytes_ == remainder_.bytes()) {
    leave_stripe();
    return finish(http::Ending::kOk, client_persistent_);
  }
  switch (stripe_->manage(!client.writable())) {
    case Stripe::Outcome::kGoing:
      break;
    case Stripe::Outcome::kBack:
      return take_stream_back();
    case Stripe::Outcome::kNarrow:
      return narrow();
    case Stripe::Outcome::kFailed:
      leave_stripe();
      if (!worker_.options().resume) return break_off(http::Ending::kBackendClosed, false);
      return ask_for_rest({.ending = http::Ending::kBackendClosed});
  }
  if (client.writable() && !stripe_->ready().empty()) worker_.loop().defer(*this);
  return stripe_pulse();
}

Exchange::Step Exchange::stripe_pulse() {
  const Monotonic now = worker_.loop().now();
  if (!client_->wire().writable() && client_stalled_since_ == Monotonic{})
    client_stalled_since_ = now;
  if (client_stalled_since_ != Monotonic{} &&
      now - client_stalled_since_ >= worker_.timeouts().client_stall) {
    if (!client_takes()) return break_off(http::Ending::kClientStalled, false);
    client_stalled_since_ = now;
  }
  return wait_for(Stripe::kPulse);
}

Exchange::Step Exchange::narrow() {
  preference_.identity = worker_.load(stripe_->fastest()).identity;
  if (std::optional<Stripe::Place> place = stripe_->hand_over_place()) {
    backend_ = place->backend;
    seats_ = std::move(place->seats);
    in_flight_ = true;
  }
  leave_stripe();
  narrowing_ = true;
  return ask_for_rest({.ending = http::Ending::kBackendClosed});
}

Exchange::Step Exchange::take_stream_back() {
  Stripe::Stream stream = stripe_->release();
  leave_stripe();
  connection_ = stream.connection;
  connection_->hand_to(*this);
  seats_ = std::move(stream.seats);
  in_flight_ = true;
  backend_persistent_ = stream.persistent;
  answer_body_ = http::Body(
      {.kind = http::Framing::Kind::kLength, .length = remainder_.bytes() - body_bytes_});
  phase_ = Phase::kAnswering;
  begin_waiting_for_body();
  return Step::kGoOn;
}

void Exchange::leave_stripe() {
  stripes_ = std::max(stripes_, stripe_->lanes_used());
  stripe_ = nullptr;
  credited_bytes_ = body_bytes_;
  client_stalled_since_ = {};
  stripe_pause_ = std::clamp<std::chrono::seconds>(stripe_pause_ * 2, kPauseMin, kPauseMax);
  stripe_after_ = worker_.loop().now() + stripe_pause_;
}

}  // namespace bramble::balance
