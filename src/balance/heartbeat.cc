// SPDX-License-Identifier: Apache-2.0
#include "balance/heartbeat.hh"

#include <utility>

#include "base/log.hh"

namespace bramble::balance {

Heartbeat::Heartbeat(Loop& control, std::vector<Loop*> loops, std::chrono::microseconds interval,
                     std::function<void()> alive)
    : control_(control),
      loops_(std::move(loops)),
      interval_(interval),
      alive_(std::move(alive)),
      timer_(*this, &Heartbeat::on_timer) {
  for (std::size_t i = 0; i < loops_.size(); ++i) beats_.push_back(std::make_shared<Beat>());
  control_.arm(timer_, std::chrono::nanoseconds(0));
}

void Heartbeat::on_timer() {
  control_.arm(timer_, interval_);
  std::size_t stuck = 0;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (!beats_[i]->answered.exchange(false)) {
      stuck = i + 1;
      continue;
    }
    loops_[i]->post([beat = beats_[i]] { beat->answered = true; });
  }
  if (stuck == 0) {
    complained_ = false;
    return alive_();
  }
  if (!std::exchange(complained_, true))
    log::error("loop-{} has not turned for {} ms: the watchdog is not fed", stuck,
               std::chrono::duration_cast<std::chrono::milliseconds>(interval_).count());
}

}  // namespace bramble::balance
