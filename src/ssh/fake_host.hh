// SPDX-License-Identifier: Apache-2.0
// A Host for tests: answers each script with the first canned outcome whose key its text contains,
// and keeps what it was asked. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ssh/host.hh"

namespace bramble {

class FakeHost final : public Host {
 public:
  explicit FakeHost(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override { return name_; }

  // Scripts that contain the piece ("": any) get this; pieces given first win.
  FakeHost& answer(std::string piece, std::string out) {
    return answer(std::move(piece), Outcome{.out = std::move(out)});
  }
  FakeHost& answer(std::string piece, Outcome outcome) {
    return react(std::move(piece), [outcome](const Script&) { return outcome; });
  }
  FakeHost& react(std::string piece, std::function<Result<Outcome>(const Script&)> reaction) {
    const std::lock_guard lock(mutex_);
    reactions_.emplace_back(std::move(piece), std::move(reaction));
    return *this;
  }
  void forget_answers() {
    const std::lock_guard lock(mutex_);
    reactions_.clear();
  }

  Result<Outcome> run(const Script& script) override {
    std::function<Result<Outcome>(const Script&)> reaction;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(script);
      for (const auto& [piece, candidate] : reactions_)
        if (!reaction && script.text.find(piece) != std::string::npos) reaction = candidate;
    }
    if (reaction) return reaction(script);
    return Outcome{.status = 1, .err = "FakeHost: nobody told me what to say to: " + script.text};
  }

  std::vector<Script> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  const std::string name_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::pair<std::string, std::function<Result<Outcome>(const Script&)>>> reactions_;
  std::vector<Script> asked_;
};

}  // namespace bramble
