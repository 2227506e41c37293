// SPDX-License-Identifier: Apache-2.0
#include "lab/faults.hh"

#include <fmt/format.h>
#include <signal.h>

#include <cerrno>

#include "base/clock.hh"
#include "base/file.hh"
#include "base/process.hh"
#include "lab/disk.hh"
#include "lab/guest.hh"
#include "lab/lab.hh"
#include "lab/lock.hh"
#include "lab/requirements.hh"
#include "lab/service.hh"
#include "lab/wait.hh"

namespace bramble::lab {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr const char* kWebService = "bramble-web.service";
constexpr milliseconds kFreezeMax = 500ms;
constexpr std::chrono::seconds kShutdownMax = 150s;  // systemd gives a unit 90 s to stop

// The lab's lock, if the lab is up.
Result<Lock> take_lab(const Place& place, Narrator& narrator) {
  TRY(check_root());
  if (!is_up(place)) return failure(place.is_not_up());
  return Lock::take(place.lock_file(), [&] {
    narrator.say("another bramble works on the lab " + place.name() + ", waiting for it");
  });
}

Result<void> stop_dead(const Place& place, const LabHost& host, const Cgroup& group) {
  TRY(run_ok({"ip", "-n", place.netns(kSwitch), "link", "set", host.name, "down"}));
  group.freeze();
  wait_regardless(kFreezeMax, [&] { return group.frozen(); });
  if (const std::optional<pid_t> first = leader(group))
    return stop_filesystems(place, host, *first);
  return {};
}

}  // namespace

Result<void> power_cut(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  const CgroupLayout layout = TRY(probe_cgroups());
  const Cgroup group = group_of(layout, place, host.name);
  if (!group.populated()) {
    narrator.say(host.name + " was off already");
    return {};
  }
  // In this order: a process that ends while its cable is in says goodbye to its peers, and one
  // that runs while its disk goes may tell them of it.
  const Result<void> stopped = stop_dead(place, host, group);
  TRY(end_service(layout, place, host.name));
  TRY(stopped);
  TRY(wait_detached(place.disk(host.name)));
  return unplug(place, host);
}

Result<milliseconds> power_on(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  Cable state = cable(place, host);
  if (state.cut) {
    state.cut = false;
    TRY(set_cable(place, host, state));
  }
  const CgroupLayout layout = TRY(probe_cgroups());
  return boot_host(layout, place, host);
}

Result<milliseconds> reboot(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  const CgroupLayout layout = TRY(probe_cgroups());
  const Cgroup group = group_of(layout, place, host.name);
  const std::optional<pid_t> before = leader(group);
  if (!before)
    return failure(host.name + " is off: start it with " + place.command("power-on " + host.name));
  if (cable(place, host).cut)
    return failure("the cable of " + host.name + " is cut, so nobody could tell when it is back: " +
                   "first " + place.command("mend " + host.name));
  TRY(check_awake(place, host, group));
  const Monotonic start = SystemClock().now();
  const int start_reboot_target = SIGRTMIN + 5;  // systemd(1)
  if (::kill(*before, start_reboot_target) != 0) return errno_error("kill");
  const bool again = TRY(wait_until(kShutdownMax, [&] {
    const std::optional<pid_t> now = leader(group);
    return !group.populated() || (now && *now != *before);
  }));
  if (!again) return failure(host.name + " did not go down: see " + place.screen(host.name));
  TRY(boot_host(layout, place, host));
  return std::chrono::duration_cast<milliseconds>(SystemClock().now() - start);
}

Result<void> hang(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  const Cgroup group = group_of(TRY(probe_cgroups()), place, host.name);
  if (!group.populated())
    return failure(host.name + " is off: start it with " + place.command("power-on " + host.name));
  group.freeze();
  if (wait_regardless(kFreezeMax, [&] { return group.frozen(); })) return {};
  (void)group.thaw();
  return failure(host.name + " does not stand still: a process of it cannot be frozen");
}

Result<void> wake(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  const Cgroup group = group_of(TRY(probe_cgroups()), place, host.name);
  if (!group.populated())
    return failure(host.name + " is off: start it with " + place.command("power-on " + host.name));
  return group.thaw();
}

Result<void> kill(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  const Cgroup group = group_of(TRY(probe_cgroups()), place, host.name);
  if (!group.populated())
    return failure(host.name + " is off: start it with " + place.command("power-on " + host.name));
  bool killed = false;
  for (const pid_t pid : group.processes()) {
    const Result<std::string> groups = read_file("/proc/" + std::to_string(pid) + "/cgroup");
    if (!groups.ok() || !belongs_to_service(*groups, kWebService)) continue;
    if (::kill(pid, SIGKILL) == 0) killed = true;
  }
  if (killed) return {};
  return failure(fmt::format(
      "no web server runs on {} now: see {}", host.name,
      place.command(fmt::format("ssh {} systemctl status {}", host.name, kWebService))));
}

Result<void> cut(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  Cable state = cable(place, host);
  state.cut = true;
  return set_cable(place, host, state);
}

Result<void> mend(const Place& place, const LabHost& host, Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  Cable state = cable(place, host);
  state.cut = false;
  return set_cable(place, host, state);
}

Result<void> slow(const Place& place, const LabHost& host, const std::optional<Rate>& rate,
                  Narrator& narrator) {
  const Lock lock = TRY(take_lab(place, narrator));
  Cable state = cable(place, host);
  state.rate = rate;
  return set_cable(place, host, state);
}

}  // namespace bramble::lab
