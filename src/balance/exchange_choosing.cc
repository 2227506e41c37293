// SPDX-License-Identifier: Apache-2.0
// A backend for the next attempt, and the queue for room at one while all have as much as they may.
#include <utility>

#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "base/log.hh"
#include "net/socket.hh"

namespace bramble::balance {

Exchange::Step Exchange::choose() {
  if (in_flight_) {  // a place that a stripe had
    worker_.backend(backend_).counters().requests.add();
    return begin_attempt(backend_);
  }
  const bool behind_others = !seated_ && worker_.others_wait();
  const std::optional<std::size_t> picked =
      behind_others ? std::nullopt : worker_.begin_request(tried(), preference_, seats_);
  if (!picked && other_ != nullptr) return hedge_came_to_nothing();
  if (!picked && (behind_others || worker_.all_full())) return wait_for_room();
  if (!picked && resuming_) return nobody_gives_rest();
  if (!picked)
    return answer_locally(tries_ == 0 ? 503 : failure_.status,
                          tries_ == 0 ? http::Ending::kNoBackend : failure_.ending);
  if (std::exchange(seated_, false)) worker_.leave_seat(*this);
  return begin_attempt(*picked);
}

Exchange::Step Exchange::wait_for_room() {
  phase_ = Phase::kQueued;
  if (seated_) {
    worker_.enqueue(*this);
    return Step::kWait;
  }
  if (!worker_.take_seat()) return answer_locally(503, http::Ending::kQueueFull);
  seated_ = true;
  worker_.enqueue(*this);
  // Room that came before we were seen to wait: nobody would tell of it.
  worker_.serve_queue_soon();
  return wait_for(worker_.timeouts().queue);
}

void Exchange::room_came() {
  phase_ = Phase::kChoosing;
  advance();
}

Exchange::Step Exchange::begin_attempt(std::size_t picked) {
  backend_ = picked;
  ++tries_;
  sent_ = 0;
  unsent_since_ = {};
  in_flight_ = true;
  asked_ = worker_.loop().now();
  Backend& backend = worker_.backend(backend_);
  connection_ = fresh_only_ || own_connection_ ? nullptr : backend.take_idle();
  if (connection_ != nullptr) {
    connection_->take_over(*this);
    phase_ = Phase::kAsking;
    return Step::kGoOn;
  }
  backend.counters().connects.add();
  Result<BackendConnection*> begun = BackendConnection::connect(worker_.loop(), backend, *this);
  if (!begun.ok() && is_own_shortage(begun.error().code)) {
    worker_.give_idle_descriptors_back();
    begun = BackendConnection::connect(worker_.loop(), backend, *this);
  }
  if (!begun.ok()) return cannot_connect(begun.error());
  connection_ = *begun;
  phase_ = Phase::kConnecting;
  return wait_for(connect_patience());
}

// Of ports none is free to this one backend: another is asked. Without descriptors or memory none
// could be.
Exchange::Step Exchange::cannot_connect(const Error& error) {
  const bool no_port = is_port_shortage(error.code);
  if (no_port || is_own_shortage(error.code)) log::warning("{}", error.what);
  if (is_own_shortage(error.code)) {
    leave_backend(false);
    if (other_ == nullptr) return answer_locally(503, http::Ending::kNoBackend);
    --tries_;
    return hedge_came_to_nothing();
  }
  return attempt_failed({.ending = http::Ending::kConnectFailed,
                         .status = no_port ? 503 : 502,
                         .unreceived = true,
                         .ours = no_port,
                         .code = error.code});
}

}  // namespace bramble::balance
