// SPDX-License-Identifier: Apache-2.0
// Signals as events of a loop, by signalfd.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "base/unique_fd.hh"
#include "net/loop.hh"

namespace bramble {

class Signals final : Watcher {
 public:
  // Blocks the signals for this thread and those it starts later: call it before the first thread.
  // Each arrival is told to on_signal, on the loop's thread. The loop outlives it.
  static Result<std::unique_ptr<Signals>> watch(Loop& loop, std::initializer_list<int> signals,
                                                std::function<void(int)> on_signal);
  ~Signals();

 private:
  Signals(Loop& loop, UniqueFd fd, std::function<void(int)> on_signal);
  void on_ready(std::uint32_t events) override;

  Loop& loop_;
  UniqueFd fd_;
  std::function<void(int)> on_signal_;
};

}  // namespace bramble
