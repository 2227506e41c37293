// SPDX-License-Identifier: Apache-2.0
// Walks the list of steps: a thread a machine, each in the list's order.
//
//     cluster01   hosts ─ packages ─ … ─ key ─┐ tunnel ─ …
//     cluster02   hosts ─ packages ─ key ─────┤ tunnel ─ …
//     cluster03   hosts ─ packages ─ … ─ key ─┘ tunnel ─ …
//
// A step that waits for all (tunnel) starts when all machines are through with what is before it.
// A machine on which a step failed stops there; the others go on, up to the next step that waits
// for all. After an interrupt no step begins. What was not begun is told as kNotReached.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "provision/step.hh"

namespace bramble::provision {

enum class Verdict : std::uint8_t { kOk, kWouldChange, kChanged, kFailed, kNotReached };
std::string_view word(Verdict verdict);  // "ok", "would change", "changed", "failed", "not reached"

// How one step went on one machine.
struct StepReport {
  std::string machine;
  std::string step;
  Verdict verdict = Verdict::kNotReached;
  std::vector<Change> changes;  // wanted, or made
  std::string error;            // of kFailed: in the command's own words
  std::chrono::milliseconds took{0};
};

// Hears of each step as it goes. Called by the machines' threads, one call at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begins(const std::string& machine, std::string_view step) = 0;
  virtual void waits(const std::string& machine, std::string_view step) = 0;  // for the others
  virtual void ends(const StepReport& report) = 0;
};

using Steps = std::vector<std::unique_ptr<Step>>;

// What would change, everywhere: a fault does not keep the later steps from being planned. Reports
// come in the machines' order, each machine's in the steps' order. Block.
std::vector<StepReport> plan_steps(const Site& site, const Steps& steps, Progress& progress);
std::vector<StepReport> apply_steps(const Site& site, const Steps& steps, Progress& progress);

// Puts on the disks what steps and the engine wrote: from then on a loss of power takes nothing of
// it back (seen without it: keys of 0 bytes). A machine that cannot be reached is passed over.
// Goes on after an interrupt: what an interrupted run wrote is believed by the next one, too.
// Blocks.
void flush_disks(const Site& site);

std::size_t count_changes(const std::vector<StepReport>& reports);  // wanted or made
bool any_failed(const std::vector<StepReport>& reports);

}  // namespace bramble::provision
