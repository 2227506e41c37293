// SPDX-License-Identifier: Apache-2.0
// What `bramble drill` breaks in a lab, how that is undone, and when all is well again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "lab/narrator.hh"
#include "lab/place.hh"

namespace bramble::cli {

struct DrillFault {
  using Deed = Result<void> (*)(const lab::Place&, const lab::LabHost&, lab::Narrator&);

  const char* name;
  Deed breaks;
  const char* mending;              // the lab's command that mends it; "": it mends itself
  Deed mends;                       // may return before all is well
  std::chrono::milliseconds lasts;  // where it is aimed at a download
};

std::vector<std::string> drill_fault_names();
const DrillFault* find_drill_fault(const std::string& name);  // nullptr: no such fault

// Since its start, of the lab's balancer.
struct WentOn {
  std::uint64_t resumes = 0;  // bodies that went on at another node
  std::uint64_t stripes = 0;  // and that came from several at once
};
std::optional<WentOn> went_on(const lab::Place& place);  // nothing: it cannot be asked

// Until the balancer has all of the lab's nodes in use, and each reads the volume from all bricks:
// then one more fault is a single one. Error: not within two minutes, or interrupted.
Result<void> wait_until_whole(const lab::Place& place);

// Ctrl-C ends it early.
void pause_for(std::chrono::milliseconds time);

}  // namespace bramble::cli
