// SPDX-License-Identifier: Apache-2.0
// The processes of one lab host, held together by control groups: found, frozen and killed as one.
//
//     init is            who makes the group                   where
//     systemd            a transient service (systemd-run)     /system.slice/UNIT.service
//     anything else      we do, in every hierarchy there is    /bramble-lab/NAME/PART
//
// Without a group of its own in every hierarchy, a guest's systemd would meet its neighbours in a
// common one. Freezing and killing are those of cgroup v2, which is there in hybrid layouts, too.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble::lab {

struct CgroupLayout {
  bool systemd = false;                  // it manages the tree: we ask it for groups
  std::string unified;                   // where cgroup v2 is mounted
  std::vector<std::string> hierarchies;  // all mount points, that one too
};

// Reads /proc/self/mountinfo's text. An Error where there is no cgroup v2.
Result<CgroupLayout> cgroup_layout(std::string_view mountinfo, bool systemd);
Result<CgroupLayout> probe_cgroups();

// A group by its path below each hierarchy; it need not exist.
class Cgroup {
 public:
  Cgroup(CgroupLayout layout, std::string path)
      : layout_(std::move(layout)), path_(std::move(path)) {}

  Result<void> create() const;
  Result<void> join() const;             // moves the calling process there
  bool populated() const;                // some process lives in it or below
  std::vector<pid_t> processes() const;  // in it and below
  void freeze() const;                   // begins it; a frozen group can be killed
  Result<void> thaw() const;
  bool frozen() const;
  Result<void> kill_and_wait(std::chrono::milliseconds at_most) const;
  void remove() const;  // the empty group, with those that a guest made in it

 private:
  std::string folder(const std::string& hierarchy) const { return hierarchy + '/' + path_; }

  CgroupLayout layout_;
  std::string path_;
};

}  // namespace bramble::lab
