// SPDX-License-Identifier: Apache-2.0
// The machines of a cluster as hosts that scripts can be run on, over ssh.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "provision/step.hh"
#include "ssh/session_lock.hh"
#include "ssh/ssh_host.hh"

namespace bramble::provision {

// Connections are made when first used, and closed with this. The cluster outlives it.
class Connections {
 public:
  // Error: the ssh configuration that the file names cannot be read.
  static Result<std::unique_ptr<Connections>> make(const Cluster& cluster);

  const Site& site() const { return *site_; }

  // Takes the lock of every machine, all at once; every fault in one Error, a line each.
  Result<void> lock(const SessionLock::Tell& tell);

 private:
  std::unique_ptr<ControlFolder> folder_;
  std::vector<SshHost*> hosts_;  // owned by site_
  std::unique_ptr<Site> site_;
  std::vector<std::unique_ptr<SessionLock>> locks_;
};

}  // namespace bramble::provision
