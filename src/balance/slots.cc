// SPDX-License-Identifier: Apache-2.0
#include "balance/slots.hh"

#include <algorithm>

namespace bramble::balance {

bool same_backend(const BackendOptions& a, const BackendOptions& b) {
  return a.name == b.name && a.address.text() == b.address.text();
}

std::vector<BackendOptions> place_backends(const std::vector<BackendOptions>& slots,
                                           const std::vector<bool>& free,
                                           const std::vector<BackendOptions>& wanted) {
  std::vector<BackendOptions> placed = slots;
  for (BackendOptions& slot : placed) slot.leaving = true;
  std::vector<const BackendOptions*> fresh;
  for (const BackendOptions& backend : wanted) {
    // One that is free has nothing to keep; and one that came twice is two.
    std::size_t at = 0;
    while (at < slots.size() &&
           (free[at] || !placed[at].leaving || !same_backend(slots[at], backend)))
      ++at;
    if (at == slots.size())
      fresh.push_back(&backend);
    else
      placed[at] = backend;
  }
  std::size_t next = 0;
  for (const BackendOptions* backend : fresh) {
    while (next < slots.size() && !(free[next] && placed[next].leaving)) ++next;
    if (next < slots.size())
      placed[next] = *backend;
    else
      placed.push_back(*backend);
  }
  return placed;
}

void give_seats(std::vector<BackendOptions>& slots, const std::vector<BackendOptions>& before) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    BackendOptions& slot = slots[i];
    slot.seats = nullptr;
    if (slot.requests_max == 0) continue;
    if (i < before.size() && same_backend(before[i], slot)) slot.seats = before[i].seats;
    if (slot.seats == nullptr)
      slot.seats = std::make_shared<Seats>(slot.requests_max);
    else
      slot.seats->set_limit(slot.requests_max);
  }
}

}  // namespace bramble::balance
