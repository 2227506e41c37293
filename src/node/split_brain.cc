// SPDX-License-Identifier: Apache-2.0
#include "node/split_brain.hh"

#include <algorithm>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/log.hh"
#include "base/process.hh"
#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::chrono::seconds kCommandPatience{50};

}  // namespace

// A brick that is away has "-".
std::optional<std::uint64_t> parse_split_brain(const std::string& text) {
  constexpr std::string_view kCount = "Number of entries in split-brain:";
  std::optional<std::uint64_t> most;
  for (std::size_t at = text.find(kCount); at != std::string::npos; at = text.find(kCount, at)) {
    at += kCount.size();
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (const auto count = parse_number(trim(std::string_view(text).substr(at, end - at))))
      most = std::max<std::uint64_t>(most.value_or(0), *count);
  }
  return most;
}

struct SplitBrain::Shared {
  Shared(const Clock& c, Ask a) : clock(c), ask(std::move(a)) {}
  const Clock& clock;
  const Ask ask;
  std::mutex mutex;
  bool asking = false;
  std::optional<std::uint64_t> known;
};

SplitBrain::SplitBrain(const Clock& clock, Ask ask)
    : shared_(std::make_shared<Shared>(clock, std::move(ask))) {}

SplitBrain::~SplitBrain() { (void)thread_.stop(); }

std::optional<std::uint64_t> SplitBrain::observe(std::uint64_t heals_pending) {
  const std::lock_guard lock(shared_->mutex);
  if (heals_pending == 0) {
    asked_.reset();
    return shared_->known = 0;
  }
  const Monotonic now = shared_->clock.now();
  if (!asked_) asked_ = now;
  if (shared_->asking || now - *asked_ < kEvery) return shared_->known;
  asked_ = now;
  shared_->asking = thread_.try_submit([shared = shared_] {
    const Result<std::string> told = shared->ask();
    if (!told.ok()) log::warning("how many files are in split-brain: {}", told.error().what);
    const std::lock_guard done(shared->mutex);
    shared->asking = false;
    shared->known = told.ok() ? parse_split_brain(*told) : std::nullopt;
  });
  return shared_->known;
}

SplitBrain::Ask SplitBrain::command(const std::string& volume) {
  return [volume] {
    return run_ok(Command{
        .argv = {"gluster", "--mode=script", "volume", "heal", volume, "info", "split-brain"},
        .timeout = kCommandPatience});
  };
}

}  // namespace bramble
