// SPDX-License-Identifier: Apache-2.0
// A step: one thing that is so on a host, or is made so. The work of `bramble up` is a list of
// steps (steps.cc), each in a file of its own.
//
//     plan   looks at the host and says what would change; changes nothing; empty: all is well
//     apply  makes it so; idempotent; killed at any point, plan and apply later converge
//
// After apply the step is planned again: a step that still wants changes has failed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "cluster/cluster.hh"
#include "ssh/host.hh"

namespace bramble::provision {

// One line for the operator: "create /dev/mmcblk0p3, 26.1 GiB behind the last partition, xfs".
struct Change {
  std::string what;
};

// What steps work with. Immutable while steps run; shared by their threads.
class Site {
 public:
  Site(const Cluster& cluster, std::map<std::string, std::unique_ptr<Host>> hosts)
      : cluster_(cluster), hosts_(std::move(hosts)) {}

  const Cluster& cluster() const { return cluster_; }
  Host& host(const std::string& name) const { return *hosts_.at(name); }

 private:
  const Cluster& cluster_;
  std::map<std::string, std::unique_ptr<Host>> hosts_;
};

class Step {
 public:
  virtual ~Step() = default;

  virtual std::string_view name() const = 0;  // "brick"; unique

  // The machines on which it runs, in parallel. A step for the cluster as a whole names one.
  virtual std::vector<std::string> machines(const Cluster& cluster) const = 0;

  // Whether it starts only when every earlier step is done on *all* machines; else it starts on a
  // machine as soon as the earlier steps are done on that one.
  virtual bool waits_for_all() const { return false; }

  // Where an earlier step has yet to be applied (a plan of a fresh host), it plans as if that
  // step were done, and says nothing wrong: Error is for what apply could never mend.
  virtual Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const = 0;
  virtual Result<void> apply(const Site& site, const std::string& machine) const = 0;
};

}  // namespace bramble::provision
