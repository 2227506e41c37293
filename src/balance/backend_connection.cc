// SPDX-License-Identifier: Apache-2.0
#include "balance/backend_connection.hh"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "balance/backend.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

constexpr std::uint64_t kQueueBytes = 32 * 1024;
constexpr std::uint64_t kQueueOfAllBytes = 96 * 1024;   // of those that share a path
constexpr std::uint64_t kFirstBytesOfAll = 192 * 1024;  // likewise, of who has just begun
constexpr std::uint64_t kQueueSegments = 4;             // of 64 KB on loopback
constexpr std::chrono::milliseconds kTurn{2};           // until we read, and senders send
// On long paths round trips grow for other reasons, too: who shrank its window for them would yield
// to everybody.
constexpr std::chrono::milliseconds kShortPath{5};

}  // namespace

Result<BackendConnection*> BackendConnection::connect(Loop& loop, Backend& backend, Asker& asker) {
  UniqueFd fd = TRY(connect_to(backend.options().address));
  auto* connection = new BackendConnection(loop, backend, std::move(fd), asker);
  const Result<void> watched = loop.watch(connection->wire_.fd(), *connection);
  if (watched.ok()) return connection;
  delete connection;
  return watched.error();
}

BackendConnection::BackendConnection(Loop& loop, Backend& backend, UniqueFd fd, Asker& asker)
    : loop_(loop),
      backend_(backend),
      wire_(std::move(fd)),
      asker_(&asker),
      idle_timer_(*this, &BackendConnection::idled_too_long) {}

int BackendConnection::finish_connecting() {
  const int code = take_socket_error(wire_.fd());
  if (code == 0) state_ = State::kBusy;
  return code;
}

bool BackendConnection::stirs() const {
  return loop_.still_to_tell(*this, EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
}

void BackendConnection::take_over(Asker& asker) {
  BRAMBLE_CHECK(state_ == State::kIdle);
  state_ = State::kBusy;
  asker_ = &asker;
  ++uses_;
  heard_ = false;
  bytes_sent_before_ = bytes_sent_;
}

// The window is what the path holds at this rate, and a little more, the same for all: who has less
// than its share grows faster; less where many share the path, or their queues add up. Source: L.
// Brakmo, L. Peterson, "TCP Vegas" (1995), from the receiver's side.
void BackendConnection::limit_queue(double rate, unsigned sharers) {
  const PathFacts path = path_facts(wire_.fd());
  const auto round_trip = backend_.shortest_round_trip(path.shortest_round_trip, loop_.now());
  if (round_trip > kShortPath) return;
  const std::chrono::duration<double> time = round_trip + kTurn;
  const std::uint64_t share = std::min(kQueueBytes, kQueueOfAllBytes / std::max(1U, sharers));
  const std::uint64_t queued = std::max(share, path.segment_bytes * kQueueSegments);
  limit_window(static_cast<std::uint64_t>(rate * time.count()) + queued);
}

// Senders double what they have under way with each round trip until a queue is full, and those
// that were at rest go on where they were: ten at once filled one of 700 KB, 200 ms of 30 Mbit/s,
// and it took two seconds to drain (seen).
void BackendConnection::limit_first_bytes(unsigned sharers) {
  const PathFacts path = path_facts(wire_.fd());
  if (backend_.shortest_round_trip(path.shortest_round_trip, loop_.now()) > kShortPath)
    return lift_limit();
  limit_window(
      std::max(kFirstBytesOfAll / std::max(1U, sharers), path.segment_bytes * kQueueSegments));
}

void BackendConnection::limit_window(std::uint64_t bytes) {
  limit_receive_window(wire_.fd(), bytes);
  window_limited_ = true;
}

void BackendConnection::lift_limit() {
  if (std::exchange(window_limited_, false)) limit_receive_window(wire_.fd(), UINT64_MAX);
}

// What limits the window stays until the next body shows how large it is: what a sender may have
// under way cannot be taken back.
void BackendConnection::rest() {
  BRAMBLE_CHECK(state_ == State::kBusy);
  asker_ = nullptr;
  if (wire_.peer_closing() || !wire_.nothing_waits() || wire_.blocked() || !backend_.has_room())
    return close();
  state_ = State::kIdle;
  loop_.arm(idle_timer_, backend_.pool_idle());
  backend_.keep(*this);
}

void BackendConnection::close() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kIdle) backend_.drop(*this);
  state_ = State::kClosed;
  asker_ = nullptr;
  loop_.disarm(idle_timer_);
  loop_.forget(wire_.fd(), *this);
  wire_.close();
  loop_.defer(*this);
}

// By a reset, which would take along what the backend's host does not have yet: then it closes in
// order. Linux counts the SYN as one acknowledged byte.
void BackendConnection::free_port_on_close() {
  if (bytes_acknowledged(wire_.fd()) > bytes_sent_) set_reset_on_close(wire_.fd());
}

bool BackendConnection::request_surely_unreceived(bool orderly_end) const {
  return bytes_sent_ == bytes_sent_before_ || (orderly_end && request_unacknowledged());
}

// Linux counts the SYN as one acknowledged byte.
bool BackendConnection::request_unacknowledged() const {
  tcp_info info = {};
  socklen_t size = sizeof info;
  if (::getsockopt(wire_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  if (size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) return false;
  return info.tcpi_bytes_acked <= bytes_sent_before_ + 1;
}

void BackendConnection::on_ready(std::uint32_t events) {
  wire_.note(events);
  if (state_ == State::kIdle) {
    if (wire_.readable()) close();
    return;
  }
  if (asker_ != nullptr) asker_->on_backend_ready();
}

void BackendConnection::idled_too_long() {
  if (state_ == State::kIdle) close();
}

}  // namespace bramble::balance
