// SPDX-License-Identifier: Apache-2.0
#include "net/threads.hh"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <thread>

namespace bramble {

std::size_t core_count() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0)
    return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cores)));
}

Result<std::vector<std::unique_ptr<Loop>>> make_loops(std::size_t count) {
  std::vector<std::unique_ptr<Loop>> loops;
  while (loops.size() < count) loops.push_back(TRY(Loop::create()));
  return loops;
}

void run_loops(std::span<const std::unique_ptr<Loop>> loops) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < loops.size(); ++i)
    threads.emplace_back([&loop = *loops[i], i] {
      ::pthread_setname_np(::pthread_self(), ("loop-" + std::to_string(i)).c_str());
      loop.run();
    });
  loops[0]->run();
}

}  // namespace bramble
