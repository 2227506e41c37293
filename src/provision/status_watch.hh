// SPDX-License-Identifier: Apache-2.0
// Asks each machine again and again, on a thread of its own: one that is silent does not keep back
// the others' news.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.hh"
#include "provision/status.hh"

namespace bramble::provision {

class StatusWatch {
 public:
  struct Pace {
    std::chrono::milliseconds pause{2000};     // between an answer and the next question
    std::chrono::milliseconds patience{5000};  // who answers no question for longer is silent
  };

  StatusWatch(const Site& site, Pace pace);  // the site outlives this
  ~StatusWatch();                            // blocks for what is under way, but after an interrupt
  StatusWatch(const StatusWatch&) = delete;
  StatusWatch& operator=(const StatusWatch&) = delete;

  // What each machine said last, in their order. The first word of each is waited for, at most for
  // the patience.
  std::vector<Answer> answers();

 private:
  struct Told {
    std::optional<Answer> answer;    // the last
    std::optional<Monotonic> asked;  // what is yet to be answered
  };

  void ask_on(std::size_t machine);
  bool all_told() const;

  const Site& site_;
  const Pace pace_;
  const Monotonic began_ = SystemClock().now();
  const std::vector<Machine> machines_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Told> told_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace bramble::provision
