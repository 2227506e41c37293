// SPDX-License-Identifier: Apache-2.0
#include "balance/lane.hh"

#include <algorithm>
#include <utility>

#include "balance/bounds.hh"
#include "balance/stripe.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::milliseconds kRest{2000};  // of a backend that failed
constexpr std::chrono::milliseconds kWayMin{1000};
constexpr std::chrono::milliseconds kWayMax{16'000};
constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();

}  // namespace

Lane::Lane(Stripe& stripe, std::size_t index, std::size_t backend)
    : stripe_(stripe),
      worker_(stripe.worker()),
      index_(index),
      backend_(backend),
      timer_(*this, &Lane::on_timer) {}

Lane::~Lane() { leave(false); }

bool Lane::ready() const {
  if (state_ != State::kIdle && state_ != State::kLost) return false;
  const Load& load = worker_.load(backend_);
  return load.condition == Condition::kHealthy && !load.backup && (in_flight_ || !load.full()) &&
         worker_.loop().now() >= again_;
}

void Lane::adopt(BackendConnection& connection, std::shared_ptr<Seats> seats, std::uint64_t left,
                 bool persistent) {
  connection_ = &connection;
  connection_->hand_to(*this);
  seats_ = std::move(seats);
  original_ = gave_ = true;
  set_in_flight(true);
  left_ = left;
  persistent_ = persistent;
  state_ = State::kGiving;
  receive();
}

BackendConnection& Lane::release(std::shared_ptr<Seats>& seats, std::uint64_t& left) {
  BRAMBLE_CHECK(original_ && connection_ != nullptr);
  worker_.loop().disarm(timer_);
  seats = std::exchange(seats_, nullptr);
  left = left_;
  original_ = false;
  set_in_flight(false);
  state_ = State::kLost;
  again_ = Monotonic::max();
  return *std::exchange(connection_, nullptr);
}

void Lane::hold() {
  worker_.loop().disarm(timer_);
  state_ = State::kHeld;
}

void Lane::fetch() {
  state_ = State::kConnecting;
  Backend& backend = worker_.backend(backend_);
  if (in_flight_)
    backend.counters().requests.add();
  else if (!worker_.begin_request_at(backend_, seats_))
    return lose("", kRest);
  set_in_flight(true);
  leave_connection(true);
  asked_ = worker_.loop().now();
  connection_ = std::exchange(fresh_only_, false) ? nullptr : backend.take_idle();
  if (connection_ != nullptr) {
    connection_->take_over(*this);
    return ask();
  }
  backend.counters().connects.add();
  const Result<BackendConnection*> begun =
      BackendConnection::connect(worker_.loop(), backend, *this);
  if (!begun.ok()) return lose("", kRest);
  connection_ = *begun;
  worker_.loop().arm(timer_, std::min(worker_.timeouts().connect, kConnectPatience));
}

void Lane::go_on() {
  switch (state_) {
    case State::kConnecting:
      return finish_connecting();
    case State::kAsking:
      if (connection_->wire().flush() == Sent::kFailed) connection_->wire().note_readable();
      return await_head();
    case State::kGiving:
      return receive();
    case State::kIdle:
    case State::kHeld:
    case State::kLost:
      return;
  }
}

void Lane::finish_connecting() {
  if (!connection_->wire().writable() && !connection_->wire().broken()) return;
  if (connection_->finish_connecting() != 0) return lose("connect-failed", kRest);
  ask();
}

void Lane::ask() {
  if (stripe_.plan().piece_of(index_) == nullptr) return check_piece();
  state_ = State::kAsking;
  const StripePlan::Piece& piece = *stripe_.plan().piece_of(index_);
  first_ = piece.first;
  end_ = piece.end;
  const std::string request = stripe_.request_for(first_, end_);
  head_.clear();
  connection_->limit_queue(stripe_.plan().rate_of(index_), worker_.sharers_of(backend_));
  connection_->request_bytes_sent(request.size());
  if (connection_->wire().send(request) == Sent::kFailed) connection_->wire().note_readable();
  worker_.loop().arm(timer_, worker_.timeouts().resume);
  await_head();
}

void Lane::await_head() {
  const std::span<char> buffer = worker_.loop().receive_buffer();
  while (state_ == State::kAsking) {
    std::size_t bytes = 0;
    switch (connection_->wire().receive(buffer, bytes)) {
      case Wire::Received::kNothing:
        return;
      case Wire::Received::kEnd:
      case Wire::Received::kFailed:
        if (!connection_->may_be_stale()) return lose("backend-closed", kRest);
        fresh_only_ = true;
        leave_connection(false);
        return fetch();
      case Wire::Received::kBytes:
        connection_->heard();
        break;
    }
    if (!take_head({buffer.data(), bytes})) return;
  }
  if (state_ == State::kGiving) receive();
}

// False: the lane is lost.
bool Lane::take_head(std::string_view text) {
  std::size_t seen = head_.size();
  if (seen != 0) text = head_.append(text);
  http::ResponseHead& head = worker_.response_head();
  http::HeadParse parsed;
  for (;;) {
    parsed = http::parse_response_head(text, seen, kAnswerHeadLimits, head);
    if (parsed.outcome != http::HeadParse::Outcome::kDone || head.status >= 200) break;
    text.remove_prefix(parsed.bytes);
    seen = 0;
  }
  if (parsed.outcome == http::HeadParse::Outcome::kBad) return lose("backend-bad", kRest), false;
  if (parsed.outcome == http::HeadParse::Outcome::kMore) {
    head_ = std::string(text);
    return true;
  }
  worker_.backend_answered(backend_, worker_.loop().now() - asked_, head.status);
  // A piece may have become shorter since it was asked for, not longer.
  if (stripe_.plan().piece_of(index_) == nullptr) return check_piece(), false;
  if (!stripe_.fits(head, first_, end_))
    return lose("", head.status >= 500 ? kRest : kForever), false;
  left_ = *head.length;
  persistent_ = head.persistent;
  gave_ = true;
  stripe_.prove();
  state_ = State::kGiving;
  take(text.substr(parsed.bytes));
  return state_ == State::kGiving;
}

// Bytes behind the head.
void Lane::take(std::string_view bytes) {
  StripePlan::Piece& piece = *stripe_.plan().piece_of(index_);
  const std::uint64_t fit = std::min<std::uint64_t>({bytes.size(), piece.missing(), left_});
  if (fit < bytes.size()) persistent_ = false;
  for (std::string_view left = bytes.substr(0, fit); !left.empty();) {
    const std::span<char> room = piece.data.room(stripe_.pool());
    const std::size_t some = std::min(room.size(), left.size());
    std::ranges::copy(left.substr(0, some), room.begin());
    piece.data.filled(some);
    left.remove_prefix(some);
  }
  left_ -= fit;
  if (fit > 0) stripe_.received(index_, fit);
  if (stripe_.plan().piece_of(index_) == nullptr) piece_is_whole();
}

void Lane::receive() {
  for (int reads = 0; reads < kPiecesPerTurn; ++reads) {
    StripePlan::Piece* piece = stripe_.plan().piece_of(index_);
    if (piece == nullptr) return check_piece();
    const std::span<char> room = piece->data.room(stripe_.pool());
    const std::uint64_t most = std::min<std::uint64_t>({room.size(), piece->missing(), left_});
    std::size_t bytes = 0;
    switch (connection_->wire().receive(room.first(most), bytes)) {
      case Wire::Received::kNothing:
        return wait_for_bytes();
      case Wire::Received::kEnd:
      case Wire::Received::kFailed:
        return lose("backend-closed", kRest);
      case Wire::Received::kBytes:
        break;
    }
    piece->data.filled(bytes);
    left_ -= bytes;
    stripe_.received(index_, bytes);
    if (stripe_.plan().piece_of(index_) == nullptr) return piece_is_whole();
  }
  wait_for_bytes();
  worker_.loop().defer(*this);
}

// The stream that was there before has the time that it would have had.
void Lane::wait_for_bytes() {
  const bool alone = original_ && !stripe_.proven();
  worker_.loop().arm(timer_, alone ? worker_.timeouts().answer : worker_.timeouts().resume);
}

void Lane::piece_is_whole() {
  worker_.loop().disarm(timer_);
  if (original_ && left_ > 0 && !stripe_.proven()) return hold();
  original_ = false;
  if (left_ > 0 || !persistent_) leave_connection(false);
  state_ = State::kIdle;
  stripe_.changed();
}

void Lane::rest(bool keeps_place) {
  if (state_ != State::kIdle) return;
  leave_connection(true);
  if (!keeps_place) leave(true);
}

void Lane::make_way() {
  BRAMBLE_CHECK(ready());
  leave(true);
  way_ = std::clamp(way_ * 2, kWayMin, kWayMax);
  again_ = worker_.loop().now() + way_;
  state_ = State::kLost;
  worker_.counters().stripe_rests.add();
}

std::shared_ptr<Seats> Lane::hand_over_place() {
  BRAMBLE_CHECK(state_ == State::kIdle && in_flight_);
  set_in_flight(false);
  leave_connection(true);
  return std::exchange(seats_, nullptr);
}

// Of its piece something may be missing: it is held wherever nobody helps.
void Lane::end_original() {
  original_ = false;
  stripe_.plan().give_up(index_);
  leave_connection(false);
  state_ = State::kIdle;
}

// Another lane fetches what this one was too slow for.
void Lane::check_piece() {
  if (busy() && stripe_.plan().piece_of(index_) == nullptr) lose("", kRest);
}

void Lane::lose(const std::string& fault, std::chrono::milliseconds for_how_long) {
  stripe_.plan().give_up(index_);
  leave(false);
  original_ = false;
  if (!fault.empty()) worker_.backend_failed(backend_, Report::kFailed, fault);
  state_ = State::kLost;
  again_ = for_how_long == kForever ? Monotonic::max() : worker_.loop().now() + for_how_long;
  stripe_.changed();
}

void Lane::leave(bool reusable) {
  worker_.loop().disarm(timer_);
  if (in_flight_) {
    set_in_flight(false);
    worker_.request_ended(backend_, seats_);
  }
  leave_connection(reusable);
}

void Lane::set_in_flight(bool in_flight) {
  if (std::exchange(in_flight_, in_flight) == in_flight) return;
  Disturbance& disturbance = worker_.disturbance(backend_);
  in_flight ? disturbance.lane_began() : disturbance.lane_ended(worker_.loop().now());
}

void Lane::leave_connection(bool reusable) {
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->leave(reusable);
}

void Lane::on_timer() {
  switch (state_) {
    case State::kConnecting:
      return lose("connect-failed", kRest);
    case State::kGiving:
      return lose("backend-stalled", kRest);
    default:  // busy with a cold disk, perhaps
      return lose("", kRest);
  }
}

}  // namespace bramble::balance
