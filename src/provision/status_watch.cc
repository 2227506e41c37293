// SPDX-License-Identifier: Apache-2.0
#include "provision/status_watch.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"

namespace bramble::provision {

StatusWatch::StatusWatch(const Site& site, Pace pace)
    : site_(site), pace_(pace), machines_(site.cluster().machines()) {
  told_.resize(machines_.size(), {.answer = std::nullopt, .asked = began_});
  for (std::size_t i = 0; i < machines_.size(); ++i)
    threads_.emplace_back([this, i] { ask_on(i); });
}

StatusWatch::~StatusWatch() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void StatusWatch::ask_on(std::size_t machine) {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    lock.unlock();
    Answer answer = ask(site_, machines_[machine]);
    lock.lock();
    told_[machine] = {.answer = std::move(answer), .asked = std::nullopt};
    changed_.notify_all();
    changed_.wait_for(lock, pace_.pause, [this] { return ends_; });
    told_[machine].asked = SystemClock().now();
  }
}

bool StatusWatch::all_told() const {
  return std::ranges::all_of(told_, [](const Told& one) { return one.answer.has_value(); });
}

// Why a machine could not be asked holds until it can be: that takes longer than to be answered.
std::vector<Answer> StatusWatch::answers() {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, began_ + pace_.patience, [this] { return all_told(); });
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    const auto& [answer, asked] = told_[i];
    const std::string& name = machines_[i].name;
    const Monotonic now = SystemClock().now();
    const auto silence = now - asked.value_or(now);
    const bool silent = !answer || (answer->error.empty() && silence > pace_.patience);
    answers.push_back(
        silent ? Answer{.machine = name,
                        .error = fmt::format("{}: no answer for {}", name, human_duration(silence)),
                        .look = {}}
               : *answer);
  }
  return answers;
}

}  // namespace bramble::provision
