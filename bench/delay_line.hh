// SPDX-License-Identifier: Apache-2.0
// A cable as long as some milliseconds: what one end sends, the other has so much later. Ends are
// TAP devices, so that a qdisc may stand before each; for kernels without netem.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble::bench {

// A TAP device in the calling thread's network, which is there as long as the descriptor.
Result<UniqueFd> open_tap(const std::string& name);

class DelayLine {
 public:
  // One way. A thread of its own moves the frames, until this is destroyed.
  DelayLine(UniqueFd one, UniqueFd other, std::chrono::nanoseconds delay);
  ~DelayLine();
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

 private:
  void move() const;

  const UniqueFd one_, other_, stop_;
  const std::chrono::nanoseconds delay_;
  std::thread thread_;
};

}  // namespace bramble::bench
