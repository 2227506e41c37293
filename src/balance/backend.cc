// SPDX-License-Identifier: Apache-2.0
#include "balance/backend.hh"

#include <algorithm>

namespace bramble::balance {

void Backend::set_options(const BackendOptions& options, std::chrono::milliseconds pool_idle) {
  options_ = options;
  pool_idle_ = pool_idle;
  if (options_.leaving) close_idle();
}

BackendConnection* Backend::take_idle() {
  while (!idle_.empty() && idle_.back()->stirs()) idle_.back()->close();
  if (idle_.empty()) return nullptr;
  BackendConnection* connection = idle_.back();
  idle_.pop_back();
  counters_->idle.set(idle_.size());
  return connection;
}

void Backend::keep(BackendConnection& connection) {
  idle_.push_back(&connection);
  counters_->idle.set(idle_.size());
}

void Backend::drop(BackendConnection& connection) {
  std::erase(idle_, &connection);
  counters_->idle.set(idle_.size());
}

void Backend::close_idle() {
  while (!idle_.empty()) idle_.back()->close();
}

}  // namespace bramble::balance
