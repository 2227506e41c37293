// SPDX-License-Identifier: Apache-2.0
// How many files of the volume are in split-brain: their bricks accuse each other, and only people
// can say which is right (`gluster volume heal VOLUME info split-brain`).
//
//     nothing to heal on this brick ──► none that it accuses another of: 0, nobody is asked
//     something, for a minute ────────► GlusterFS is asked, each minute: that takes seconds of
//                                       processor on a small machine
//
// What is in split-brain stays to be healed on each brick that accuses another, and so is found.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hh"
#include "base/result.hh"
#include "volume/worker_pool.hh"

namespace bramble {

// Of what that command prints: the most that any brick knows of; nothing where none tells.
std::optional<std::uint64_t> parse_split_brain(const std::string& text);

class SplitBrain {
 public:
  using Ask = std::function<Result<std::string>()>;  // runs the command; may take its time
  static constexpr std::chrono::seconds kEvery{60};

  SplitBrain(const Clock& clock, Ask ask);  // the clock must outlive the process
  ~SplitBrain();                            // leaves the thread behind where the command hangs
  SplitBrain(const SplitBrain&) = delete;
  SplitBrain& operator=(const SplitBrain&) = delete;

  // What is known now; nothing where GlusterFS was not asked yet, or did not tell. To be called
  // every few seconds by one thread, with what this brick has to heal. Does not block.
  std::optional<std::uint64_t> observe(std::uint64_t heals_pending);

  static Ask command(const std::string& volume);

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  std::optional<Monotonic> asked_;  // last, or when there first was something to heal
  WorkerPool thread_{{.threads = 1, .queue_max = 1}};
};

}  // namespace bramble
