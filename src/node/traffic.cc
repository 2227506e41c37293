// SPDX-License-Identifier: Apache-2.0
#include "node/traffic.hh"

#include <algorithm>

namespace bramble {

void Traffic::on_exchange(const http::AccessRecord& record) {
  counters_.statuses[std::min<std::size_t>(record.status / 100, 5)].add();
  counters_.endings[static_cast<std::size_t>(record.ending)].add();
  counters_.body_bytes.add(record.body_bytes);
  counters_.totals.observe(record.total);
  if (log_ == nullptr) return;
  lines_.append(text_, record);
  if (text_.size() >= kLogBytes) flush();
}

void Traffic::flush() {
  if (log_ != nullptr) log_->hand_over(text_);
}

}  // namespace bramble
