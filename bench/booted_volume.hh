// SPDX-License-Identifier: Apache-2.0
// GlusterFS volumes on three booted hosts of a lab, to be measured from one of them:
//
//     this process ─ lab up ─ bramble up ─► cluster01 cluster02 cluster03: the volume "web", as
//          │                                `bramble up` makes it, and "stock", as GlusterFS does
//          └ fork ─ enter() ─► in cluster01's network, with its names: mounts and servers that are
//                              started from here on reach the brick beside them without a cable
//
// Needs root.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hh"
#include "child_process.hh"
#include "lab/place.hh"

namespace bramble::bench {

inline constexpr const char* kOurVolume = "web";
inline constexpr const char* kStockVolume = "stock";

class BootedVolume {
 public:
  // A lab that is up already is used, and stays. Blocks for minutes.
  static Result<std::unique_ptr<BootedVolume>> boot(const std::string& lab);
  ~BootedVolume();  // takes the lab down, unless it was up before
  BootedVolume(const BootedVolume&) = delete;
  BootedVolume& operator=(const BootedVolume&) = delete;

  // For a process of one thread. There is no way back.
  Result<void> enter() const;

 private:
  explicit BootedVolume(lab::Place place) : place_(std::move(place)) {}
  Result<void> provision();

  const lab::Place place_;
  bool ours_ = false;
};

// Boots the lab, and measures in a process of its own: who entered a host's network could not take
// the lab down. The exit status for main.
int measure_on_booted_volume(const std::string& lab,
                             const std::function<Result<void>(const BootedVolume&)>& measure);

// A volume mounted by GlusterFS' own client, as `bramble up` does it; unmounted at the end.
class FuseMount {
 public:
  FuseMount(const std::string& volume, std::string folder);
  ~FuseMount();
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

  std::chrono::nanoseconds cpu() const;  // of the client

 private:
  const std::string folder_;
  std::unique_ptr<test::ChildProcess> client_;
};

}  // namespace bramble::bench
