// SPDX-License-Identifier: Apache-2.0
#include "balance/stripe_plan.hh"

#include <algorithm>
#include <utility>

#include "base/result.hh"

namespace bramble::balance {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kRateOfNew = 0.5;  // the share of the last piece's in the rate
constexpr std::uint64_t kFirstIsLonger = 3;
constexpr std::uint64_t kWorthTaking = 64 * 1024;  // of another's piece

}  // namespace

StripePlan::StripePlan(std::uint64_t first, std::uint64_t end, std::uint64_t window,
                       std::size_t lanes, double rate)
    : end_(end), window_(window), delivered_(first), next_(first), lanes_(lanes) {
  for (Lane& lane : lanes_) lane.rate = std::max(rate, 1.0);
}

std::uint64_t StripePlan::size_for(std::size_t lane) const {
  const auto usual = static_cast<std::uint64_t>(lanes_[lane].rate * Seconds(kPieceTime).count());
  const std::uint64_t most = std::max(kPieceBytesMin, window_ / (2 * lanes_.size()));
  const std::uint64_t size = std::clamp(usual, kPieceBytesMin, most);
  return size - size % BlockPool::kBlockBytes;
}

StripePlan::Piece* StripePlan::take(std::size_t lane, Monotonic now) {
  BRAMBLE_CHECK(lanes_[lane].piece == nullptr);
  const std::uint64_t size = size_for(lane);
  const auto missed = std::ranges::find_if(
      pieces_, [](const Piece& piece) { return piece.lane == kNobody && piece.missing() > 0; });
  if (missed != pieces_.end()) {
    if (missed->have == 0 && missed->missing() > size + kWorthTaking) {
      const std::uint64_t middle = missed->first + size;
      pieces_.insert(std::next(missed), Piece{.first = middle, .end = missed->end});
      missed->end = middle;
    }
    return give(lane, missed, now);
  }
  if (Piece* piece = take_silent(lane, now)) return piece;
  if (Piece* piece = take_new(lane, size, now)) return piece;
  return take_over(lane, now);
}

StripePlan::Piece* StripePlan::take_first(std::size_t lane, Monotonic now) {
  first_is_kept_ = true;
  return take_new(lane, std::min(size_for(lane) * kFirstIsLonger, window_ / 2), now);
}

StripePlan::Piece* StripePlan::give(std::size_t lane, Place piece, Monotonic now) {
  if (piece->have > 0) {  // a piece is asked for from its first byte on
    const Place rest = pieces_.insert(
        std::next(piece), Piece{.first = piece->first + piece->have, .end = piece->end});
    piece->end = rest->first;
    piece = rest;
    drop_delivered();
  }
  piece->lane = lane;
  lanes_[lane].piece = &*piece;
  lanes_[lane].asked = lanes_[lane].heard = now;
  return &*piece;
}

// Where the window leaves little room it is waited for, rather than to ask for crumbs.
StripePlan::Piece* StripePlan::take_new(std::size_t lane, std::uint64_t size, Monotonic now) {
  const std::uint64_t wanted = std::min(size, end_ - next_);
  const std::uint64_t room = delivered_ + window_ - next_;
  if (wanted == 0 || wanted > room) return nullptr;
  pieces_.push_back(Piece{.first = next_, .end = next_ + wanted});
  next_ += wanted;
  return give(lane, std::prev(pieces_.end()), now);
}

// At how many bytes per second it is to be reckoned with.
double StripePlan::rate_now(const Lane& lane, Monotonic now) const {
  const Seconds at_it = now - lane.asked;
  if (at_it < kLate) return lane.rate;
  return static_cast<double>(lane.piece->have) / at_it.count();
}

// The rest of what all wait for, where its lane has been silent for so long that this is no hiccup.
StripePlan::Piece* StripePlan::take_silent(std::size_t lane, Monotonic now) {
  const auto first =
      std::ranges::find_if(pieces_, [](const Piece& piece) { return piece.missing() > 0; });
  if (first == pieces_.end() || (first_is_kept_ && first == pieces_.begin())) return nullptr;
  if (now - lanes_[first->lane].heard < kSilent) return nullptr;
  give_up(first->lane);
  return give(lane, first, now);
}

StripePlan::Piece* StripePlan::take_over(std::size_t lane, Monotonic now) {
  const bool at_the_end = next_ == end_;
  for (Place piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
    if (piece->missing() == 0) continue;
    if (first_is_kept_ && piece == pieces_.begin()) return nullptr;
    Lane& slow = lanes_[piece->lane];
    const bool silent = now - slow.heard >= kLate;
    const double rate = rate_now(slow, now);
    const double mine = lanes_[lane].rate;
    const auto missing = static_cast<double>(piece->missing());
    const bool late = rate <= 0 || Seconds(missing / rate) > 2 * kPieceTime;
    if (silent) {
      give_up(piece->lane);
      return give(lane, piece, now);
    }
    const auto taken =
        std::min(static_cast<std::uint64_t>(missing * mine / (mine + rate)), piece->missing() - 1);
    if (late && taken >= kWorthTaking) {
      piece->end -= taken;
      const Place rest =
          pieces_.insert(std::next(piece), Piece{.first = piece->end, .end = piece->end + taken});
      return give(lane, rest, now);
    }
    if (!at_the_end) return nullptr;
  }
  return nullptr;
}

void StripePlan::received(std::size_t lane, std::uint64_t bytes, Monotonic now) {
  Lane& of = lanes_[lane];
  of.piece->have += bytes;
  of.heard = now;
  if (of.piece->missing() > 0) return;
  const Seconds took = std::max<Seconds>(now - of.asked, std::chrono::milliseconds(1));
  const double rate = static_cast<double>(of.piece->have) / took.count();
  of.rate += (rate - of.rate) * kRateOfNew;
  std::exchange(of.piece, nullptr)->lane = kNobody;
}

void StripePlan::give_up(std::size_t lane) {
  if (lanes_[lane].piece == nullptr) return;
  lanes_[lane].rate /= 2;
  std::exchange(lanes_[lane].piece, nullptr)->lane = kNobody;
}

void StripePlan::handed_on(std::uint64_t bytes) {
  delivered_ += bytes;
  drop_delivered();
}

void StripePlan::drop_delivered() {
  while (!pieces_.empty() && pieces_.front().end <= delivered_) pieces_.pop_front();
}

}  // namespace bramble::balance
