// SPDX-License-Identifier: Apache-2.0
// The step "gluster": glusterd runs on every machine that has a brick, notices within 20 s that a
// peer lost power, and at boot waits for the brick.
//
// A brick lies in a folder *below* its mount point: where the mount is missing, so is the folder,
// and the brick does not start, rather than fill the root filesystem.
#pragma once

#include "provision/step.hh"

namespace bramble::provision {

class GlusterdStep final : public Step {
 public:
  std::string_view name() const override { return "gluster"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

}  // namespace bramble::provision
