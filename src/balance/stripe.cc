// SPDX-License-Identifier: Apache-2.0
#include "balance/stripe.hh"

#include <algorithm>
#include <utility>

namespace bramble::balance {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kPaysFrom = 1.1;   // times the rate of one stream
constexpr double kCostsFrom = 0.9;  // likewise
constexpr std::chrono::seconds kPaysWithin{1};

// Blocks that are not full, and what lies in none.
std::uint64_t window_of(std::size_t memory, std::size_t lanes) {
  return memory - (2 * lanes + 1) * BlockPool::kBlockBytes;
}

// Without the stream under way.
unsigned requests_at(Worker& worker, std::size_t backend, std::span<const std::size_t> others) {
  unsigned all = worker.load(backend).in_flight - 1;
  for (const std::size_t other : others) all += worker.load(other).in_flight;
  return all;
}

}  // namespace

Stripe::Stripe(Worker& worker, Deferred& owner, const Request& request, std::size_t memory,
               Stream stream, std::span<const std::size_t> others)
    : worker_(worker),
      owner_(owner),
      head_(request.head),
      remainder_(request.remainder),
      memory_(memory),
      rate_before_(stream.rate),
      plan_(stream.delivered, remainder_.bytes(), window_of(memory, others.size() + 1),
            others.size() + 1, stream.rate),
      others_before_(requests_at(worker, stream.backend, others)),
      since_(worker.loop().now()),
      delivered_then_(stream.delivered) {
  ++worker_.stripes();
  lanes_.push_back(std::make_unique<Lane>(*this, 0, stream.backend));
  for (const std::size_t backend : others)
    lanes_.push_back(std::make_unique<Lane>(*this, lanes_.size(), backend));
  plan_.take_first(0, since_);
  lanes_.front()->adopt(*stream.connection, std::move(stream.seats),
                        remainder_.bytes() - stream.delivered, stream.persistent);
}

Stripe::~Stripe() {
  --worker_.stripes();
  lanes_.clear();
  for (StripePlan::Piece& piece : plan_.pieces()) piece.data.clear(pool());
  worker_.stripe_memory().give_back(memory_);
}

std::string_view Stripe::ready() {
  return plan_.pieces().empty() ? std::string_view() : plan_.front().data.front();
}

void Stripe::handed_on(std::size_t bytes) {
  plan_.front().data.drop(bytes, pool());
  plan_.handed_on(bytes);
}

std::string Stripe::request_for(std::uint64_t first, std::uint64_t end) const {
  std::string head = head_;
  remainder_.ask_for_part(head, first, end);
  return head;
}

bool Stripe::fits(const http::ResponseHead& head, std::uint64_t first, std::uint64_t end) const {
  return remainder_.is_part(head, first, end);
}

void Stripe::received(std::size_t lane, std::uint64_t bytes) {
  plan_.received(lane, bytes, worker_.loop().now());
  worker_.backend(lanes_[lane]->backend()).counters().body_bytes.add(bytes);
  changed();
}

void Stripe::prove() {
  if (std::exchange(proven_, true)) return;
  plan_.release_first();
  worker_.counters().stripes.add();
}

Stripe::Outcome Stripe::manage(bool visitor_is_slow) {
  ++looks_;
  looks_slow_ += visitor_is_slow ? 1 : 0;
  Lane& first = *lanes_.front();
  for (const auto& lane : lanes_) lane->check_piece();
  if (first.state() == Lane::State::kHeld && proven_) first.end_original();
  narrowing_ = narrowing_ || (!pays() && !worker_.anyone_waits());
  if (!narrowing_) {
    make_way();
    give_work();
  }
  free_places();
  const bool helped =
      std::any_of(lanes_.begin() + 1, lanes_.end(), [](const auto& lane) { return lane->busy(); });
  if (first.is_original() && !proven_ && !helped && first.state() == Lane::State::kGiving)
    first.hold();
  const bool held = first.state() == Lane::State::kHeld;
  if (!ready().empty() || (!held && (helped || first.busy()))) {
    starving_since_ = {};
    return Outcome::kGoing;
  }
  return starve(held, helped);
}

// Backends may be back in a moment, or have room.
Stripe::Outcome Stripe::starve(bool held, bool helped) {
  const Monotonic now = worker_.loop().now();
  if (starving_since_ == Monotonic{}) starving_since_ = now;
  const auto starved = now - starving_since_;
  if (held) return helped && starved < StripePlan::kLate ? Outcome::kGoing : Outcome::kBack;
  if (narrowing_) return Outcome::kNarrow;
  const bool hopeless =
      std::ranges::all_of(lanes_, [](const auto& lane) { return lane->hopeless(); });
  const auto patience = worker_.options().resume ? std::chrono::milliseconds(StripePlan::kLate)
                                                 : worker_.timeouts().answer;
  return hopeless || starved >= patience ? Outcome::kFailed : Outcome::kGoing;
}

// Where visitors' answers suffer, all lanes but one: so that there is a backend for these. With as
// many stripes as backends there would be none, whoever makes way; short queues are better then.
void Stripe::make_way() {
  if (worker_.stripes() >= lanes_.size()) return;
  auto going =
      std::ranges::count_if(lanes_, [](const auto& lane) { return lane->busy() || lane->ready(); });
  for (const auto& lane : lanes_) {
    if (going <= 1) return;
    if (!lane->ready() || !worker_.disturbance(lane->backend()).suffers()) continue;
    lane->make_way();
    --going;
  }
}

// The fastest first: what all wait for is not the slowest one's. Where requests wait for room, one
// lane must do.
void Stripe::give_work() {
  const bool crowded = worker_.anyone_waits();
  if (crowded) free_places();
  free_.clear();
  for (const auto& lane : lanes_)
    if (lane->ready()) free_.push_back(lane.get());
  std::ranges::sort(free_, std::greater(),
                    [&](const Lane* lane) { return plan_.rate_of(lane->index()); });
  for (Lane* lane : free_) {
    const Lane* const first = crowded ? keeper() : nullptr;
    if (first != nullptr && first != lane) continue;
    if (plan_.take(lane->index(), worker_.loop().now()) != nullptr) lane->fetch();
  }
  for (const auto& lane : lanes_) lane->check_piece();
}

bool Stripe::is_faster(const Lane& lane, const Lane& than) const {
  if (lane.gave() != than.gave()) return lane.gave();
  return plan_.rate_of(lane.index()) > plan_.rate_of(than.index());
}

std::size_t Stripe::fastest() const {
  const Lane* best = lanes_.front().get();
  for (const auto& lane : lanes_)
    if (is_faster(*lane, *best)) best = lane.get();
  return best->backend();
}

// Of those that have a place, and can use it, the fastest; nullptr: nobody has.
const Lane* Stripe::keeper() const {
  const Lane* best = nullptr;
  for (const auto& lane : lanes_) {
    if (!lane->in_flight() || (lane->state() == Lane::State::kIdle && !lane->ready())) continue;
    if (best == nullptr || is_faster(*lane, *best)) best = lane.get();
  }
  return best;
}

// All but one, for as long as they have nothing to fetch: were there none left, as others have
// come meanwhile, a download in which nothing has failed would wait behind them, and be reset.
void Stripe::free_places() {
  const Lane* const keeps = keeper();
  for (const auto& lane : lanes_) lane->rest(lane.get() == keeps);
}

std::optional<Stripe::Place> Stripe::hand_over_place() {
  for (const auto& lane : lanes_)
    if (lane->state() == Lane::State::kIdle && lane->in_flight())
      return Place{.backend = lane->backend(), .seats = lane->hand_over_place()};
  return std::nullopt;
}

// Not with a visitor who takes no more than one stream gives, nor where it is slower than that was:
// unless others have come, who take their part.
bool Stripe::pays() {
  const Monotonic now = worker_.loop().now();
  if (now - since_ < kPaysWithin) return true;
  const double rate =
      static_cast<double>(plan_.delivered() - delivered_then_) / Seconds(now - since_).count();
  const bool slow = std::exchange(looks_slow_, 0) * 2 > std::exchange(looks_, 0);
  since_ = now;
  delivered_then_ = plan_.delivered();
  if (slow) return rate >= rate_before_ * kPaysFrom;
  return rate >= rate_before_ * kCostsFrom || others_requests() > others_before_;
}

unsigned Stripe::others_requests() const {
  unsigned all = 0;
  for (const auto& lane : lanes_)
    all += worker_.load(lane->backend()).in_flight - (lane->in_flight() ? 1 : 0);
  return all;
}

Stripe::Stream Stripe::release() {
  Stream stream{.backend = lanes_.front()->backend(), .delivered = plan_.delivered()};
  std::uint64_t left = 0;
  stream.connection = &lanes_.front()->release(stream.seats, left);
  stream.persistent = lanes_.front()->persistent();
  BRAMBLE_CHECK(left == remainder_.bytes() - stream.delivered);
  return stream;
}

unsigned Stripe::lanes_used() const {
  return static_cast<unsigned>(
      std::ranges::count_if(lanes_, [](const auto& lane) { return lane->gave(); }));
}

}  // namespace bramble::balance
