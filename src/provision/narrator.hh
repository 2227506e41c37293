// SPDX-License-Identifier: Apache-2.0
// Progress for people: on a terminal a live line for each machine, elsewhere a line for each step
// that ended.
#pragma once

#include <memory>

#include "provision/runner.hh"

namespace bramble::provision {

// Writes to stderr, so that stdout is free for results.
std::unique_ptr<Progress> make_narrator(const Cluster& cluster);

// Says nothing.
class Silence final : public Progress {
 public:
  void begins(const std::string&, std::string_view) override {}
  void waits(const std::string&, std::string_view) override {}
  void ends(const StepReport&) override {}
};

}  // namespace bramble::provision
