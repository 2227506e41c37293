// SPDX-License-Identifier: Apache-2.0
#include "drill/schedule.hh"

#include <random>

namespace bramble::drill {

std::vector<Fault> schedule_of(const SchedulePlan& plan) {
  const std::chrono::milliseconds share = plan.time / plan.times;
  std::mt19937_64 random(plan.seed.value_or(0));
  std::vector<Fault> faults;
  for (std::size_t i = 0; i < plan.times; ++i) {
    Fault fault = {.well = share / 4, .broken = share / 2, .host = i % plan.hosts};
    if (plan.seed) {
      const auto half = static_cast<std::uint64_t>((share / 2).count());
      fault.well = std::chrono::milliseconds(random() % (half + 1));
      fault.host = random() % plan.hosts;
    }
    fault.mended = share - fault.well - fault.broken;
    faults.push_back(fault);
  }
  return faults;
}

}  // namespace bramble::drill
