// SPDX-License-Identifier: Apache-2.0
// The step "brick": a filesystem of its own for the volume's files, at /srv/brick.
//
// It never changes an existing partition, a device with any signature, or a folder that holds
// anything: it refuses, and says what it saw. Everything written is planned in a journal first
// (brick_decision.hh), so that it converges wherever it was interrupted.
#pragma once

#include "provision/step.hh"

namespace bramble::provision {

class BrickStep final : public Step {
 public:
  std::string_view name() const override { return "brick"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

}  // namespace bramble::provision
