// SPDX-License-Identifier: Apache-2.0
#include "lab/lab.hh"

#include <filesystem>
#include <thread>

#include "base/clock.hh"
#include "base/file.hh"
#include "base/text.hh"
#include "lab/access.hh"
#include "lab/disk.hh"
#include "lab/guest.hh"
#include "lab/image.hh"
#include "lab/inside.hh"
#include "lab/lock.hh"
#include "lab/requirements.hh"
#include "lab/service.hh"
#include "lab/wait.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kBootMax = 180s;
constexpr std::chrono::seconds kGateMax = 10s;

std::string boot_id() { return read_file("/proc/sys/kernel/random/boot_id").value(); }

std::vector<std::string> parts() {
  std::vector<std::string> all = {kGate};
  for (const LabHost& host : hosts()) all.push_back(host.name);
  return all;
}

Result<void> end_all_services(const CgroupLayout& layout, const Place& place) {
  for (const std::string& part : parts()) TRY(end_service(layout, place, part));
  if (!layout.systemd) remove_lab_group(layout, place);
  return {};
}

Result<void> wait_for_disks(const Place& place) {
  for (const LabHost& host : hosts()) TRY(wait_detached(place.disk(host.name)));
  return {};
}

Result<void> remove_folders(const Place& place) {
  std::error_code error;
  for (const LabHost& host : hosts())
    fs::remove_all("/run/systemd/nspawn/propagate/" + place.label(host.name), error);
  fs::remove_all(place.folder(), error);
  if (error) return errno_error("remove " + place.folder(), error.value());
  fs::remove(kLabs, error);  // the last lab's
  return {};
}

Result<void> clean(const CgroupLayout& layout, const Place& place) {
  TRY(end_all_services(layout, place));
  TRY(remove_network(place));
  TRY(wait_for_disks(place));
  return remove_folders(place);
}

bool anything_left(const Place& place) {
  std::error_code none;
  return fs::exists(place.folder(), none) || fs::exists(place.netns_path(kSwitch), none);
}

Result<void> open_gate(const CgroupLayout& layout, const Place& place) {
  TRY(start_service(layout, place, kGate));
  const Target site{.address = place.loopback(), .port = kSiteDoor.loopback_port};
  const Cgroup group = group_of(layout, place, kGate);
  const bool open =
      TRY(wait_until(kGateMax, [&] { return connect_to(site).ok() || !group.populated(); }));
  if (open && group.populated()) return {};
  const Result<std::string> log = read_file(place.file("gate.log"));
  return failure("the gate on " + place.loopback() +
                 " does not open: " + std::string(trim(log.ok() ? *log : "")));
}

// All that hosts need, in a place that is empty.
Result<void> prepare(const CgroupLayout& layout, const Place& place, Narrator& narrator) {
  std::error_code error;
  fs::create_directories(place.folder(), error);
  if (error) return errno_error("mkdir " + place.folder(), error.value());
  fs::permissions(place.folder(), fs::perms::owner_all, error);
  TRY(link_image(recipe(), place.image(), narrator));
  TRY(write_access_files(place, own_program()));
  TRY(build_network(place));
  TRY(open_gate(layout, place));
  return write_file(place.ready_file(), boot_id());
}

// Each by a thread of its own. The first error, in the hosts' order, is the one told.
Result<std::vector<HostReport>> boot_all(const CgroupLayout& layout, const Place& place) {
  std::vector<HostReport> reports;
  std::vector<Result<milliseconds>> times(hosts().size(), milliseconds(0));
  std::vector<bool> was_off;
  std::vector<std::thread> threads;
  for (const LabHost& host : hosts()) {
    reports.push_back({.host = host, .state = HostState::kUp, .cable = cable(place, host)});
    was_off.push_back(!group_of(layout, place, host.name).populated());
  }
  for (std::size_t i = 0; i < reports.size(); ++i)
    if (was_off[i] || !reports[i].cable.cut)
      threads.emplace_back([&, i] { times[i] = boot_host(layout, place, reports[i].host); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!times[i].ok()) return std::move(times[i]).error();
    if (was_off[i]) reports[i].boot_time = *times[i];
    if (reports[i].cable.cut) reports[i].state = HostState::kUnreachable;
  }
  return reports;
}

std::string last_words(const Place& place, const LabHost& host) {
  const Result<std::string> log = read_file(place.log(host.name));
  const std::string_view text = trim(log.ok() ? *log : "");
  return std::string(text.substr(text.rfind('\n') + 1));
}

}  // namespace

Result<void> check_awake(const Place& place, const LabHost& host, const Cgroup& group) {
  if (!group.frozen()) return {};
  return failure(host.name + " stands still, as it was told to: first " +
                 place.command("wake " + host.name));
}

bool is_up(const Place& place) {
  const Result<std::string> ready = read_file(place.ready_file());
  return ready.ok() && *ready == boot_id();
}

Result<milliseconds> boot_host(const CgroupLayout& layout, const Place& place,
                               const LabHost& host) {
  const Monotonic start = SystemClock().now();
  const Cgroup group = group_of(layout, place, host.name);
  TRY(check_awake(place, host, group));
  if (!group.populated()) TRY(start_service(layout, place, host.name));
  if (cable(place, host).cut) return milliseconds(0);
  const bool over = TRY(wait_until(kBootMax, [&] {
    return !group.populated() || (ssh_answers(place, host) && login_works(place, host));
  }));
  if (!group.populated()) return failure(host.name + " did not boot: " + last_words(place, host));
  if (!over)
    return failure(host.name + " did not answer ssh within " + human_duration(kBootMax) + ": see " +
                   place.screen(host.name));
  return std::chrono::duration_cast<milliseconds>(SystemClock().now() - start);
}

Result<std::vector<HostReport>> up(const Place& place, Narrator& narrator) {
  TRY(check_machine(narrator));
  const Lock lock = TRY(Lock::take(place.lock_file(), [&] {
    narrator.say("another bramble works on the lab " + place.name() + ", waiting for it");
  }));
  const CgroupLayout layout = TRY(probe_cgroups());
  if (!is_up(place)) {
    if (anything_left(place)) narrator.say("lab: cleaning up what was left of an earlier one");
    TRY(clean(layout, place));
    TRY(prepare(layout, place, narrator));
  } else if (!group_of(layout, place, kGate).populated()) {
    narrator.say("gate: it has ended, and is opened again");
    TRY(open_gate(layout, place));
  }
  narrator.say("hosts: booting those that are off");
  return boot_all(layout, place);
}

Result<void> down(const Place& place, Narrator& narrator) {
  TRY(check_root());
  Lock lock = TRY(Lock::take(place.lock_file(), [&] {
    narrator.say("another bramble works on the lab " + place.name() + ", waiting for it");
  }));
  const CgroupLayout layout = TRY(probe_cgroups());
  TRY(clean(layout, place));
  lock.remove_file();
  return {};
}

Result<std::vector<HostReport>> status(const Place& place) {
  TRY(check_root());
  std::vector<HostReport> reports;
  if (!is_up(place)) return reports;
  const CgroupLayout layout = TRY(probe_cgroups());
  for (const LabHost& host : hosts()) {
    HostReport report{.host = host, .cable = cable(place, host)};
    const Cgroup group = group_of(layout, place, host.name);
    if (group.populated())
      report.state = group.frozen()             ? HostState::kHung
                     : report.cable.cut         ? HostState::kUnreachable
                     : ssh_answers(place, host) ? HostState::kUp
                                                : HostState::kBooting;
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace bramble::lab
