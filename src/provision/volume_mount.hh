// SPDX-License-Identifier: Apache-2.0
// The step "mount": every node has the volume at /srv/VOLUME, for people who copy files there.
//
// A service of its own, not a line in fstab: it never blocks a boot, and it comes back however
// often and for whatever reason the mount was lost. The web servers do not need it.
#pragma once

#include "provision/step.hh"

namespace bramble::provision {

class VolumeMountStep final : public Step {
 public:
  std::string_view name() const override { return "mount"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  bool waits_for_all() const override { return true; }
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

}  // namespace bramble::provision
