// SPDX-License-Identifier: Apache-2.0
// bramble drill: what visitors see while something breaks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "base/clock.hh"
#include "base/interrupt.hh"
#include "cli/commands.hh"
#include "cli/drill_faults.hh"
#include "cli/drill_flags.hh"
#include "cli/drill_report.hh"
#include "cli/lab_words.hh"
#include "drill/aim.hh"
#include "drill/downloads.hh"
#include "drill/schedule.hh"
#include "drill/visitors.hh"
#include "lab/lab.hh"
#include "lab/requirements.hh"
#include "net/socket.hh"

namespace bramble::cli {
namespace {

using lab::LabHost;
using lab::Place;

constexpr std::chrono::milliseconds kLookAgain{100};
// So many downloads, and so long, while all is well and none can be hit: none ever will be.
constexpr std::uint64_t kMissedMost = 30;
constexpr std::chrono::seconds kMissedFor{10};

// What their Host field says.
std::string host_of(const DrillFlags& flags) {
  if (!flags.host.empty()) return flags.host;
  return flags.url.empty() ? "drill" : door_in(flags.url);
}

// Where the visitors come in. Error: no such address, or no lab.
Result<Address> door_of(const DrillFlags& flags, const Place& place) {
  if (!flags.url.empty()) {
    const std::string host = door_in(flags.url);
    const bool has_port = host.rfind(':') != std::string::npos && !host.ends_with(']');
    return TRY(resolve(has_port ? host : host + ":80")).front();
  }
  TRY(lab::check_root());
  if (!lab::is_up(place)) return failure(place.is_not_up());
  return parse_address(fmt::format("{}:{}", place.loopback(), lab::kSiteDoor.loopback_port));
}

using Hosts = std::vector<const LabHost*>;

// What is under way: who visits, and what is broken.
struct Exercise {
  const DrillFlags& flags;
  const Place& place;
  const Hosts& hosts;
  const DrillFault* fault = nullptr;  // nullptr: nothing breaks
  std::unique_ptr<drill::Aim> aim;
  std::unique_ptr<drill::Downloads> downloads;
  std::unique_ptr<drill::Visitors> visitors;
  Monotonic end{};
  const LabHost* broken = nullptr;  // what is not mended yet
  unsigned faults = 0;

  bool is_over() const {
    if (interrupted() || (downloads && downloads->over())) return true;
    return flags.count == 0 && SystemClock().now() >= end;
  }
};

Result<void> break_it(Exercise& exercise, const LabHost& host) {
  StderrNarrator narrator;
  exercise.broken = &host;
  ++exercise.faults;
  return exercise.fault->breaks(exercise.place, host, narrator);
}

Result<void> mend_it(Exercise& exercise) {
  StderrNarrator narrator;
  if (exercise.broken == nullptr) return {};
  TRY(exercise.fault->mends(exercise.place, *exercise.broken, narrator));
  exercise.broken = nullptr;
  return {};
}

// The last fault is mended by the caller, when the visitors have left. A host that takes its time
// to boot makes all of it longer, and no pause shorter.
Result<void> break_in_turn(Exercise& exercise) {
  const std::vector<drill::Fault> faults =
      drill::schedule_of({.time = std::chrono::seconds(exercise.flags.seconds),
                          .times = exercise.flags.times,
                          .hosts = exercise.hosts.size(),
                          .seed = exercise.flags.seed});
  for (const drill::Fault& fault : faults) {
    pause_for(fault.well);
    if (interrupted()) return {};
    const bool last = &fault == &faults.back();
    TRY(break_it(exercise, *exercise.hosts[fault.host]));
    pause_for(last ? fault.broken + fault.mended : fault.broken);
    if (interrupted() || last) return {};
    TRY(mend_it(exercise));
    pause_for(fault.mended);
  }
  return {};
}

Error nobody_to_break(const DrillFlags& flags, std::uint64_t downloads) {
  return failure(
      fmt::format("{} downloads of {} in a row, and none was given by {}, or none lasted until the "
                  "fault came: see bramble status, and whether the file is large",
                  downloads, flags.file, fmt::join(flags.hosts, ", ")));
}

// Each fault is a single one: all is well again before the next. Where so many are wanted, and
// nobody is to break, that would be for ever.
Result<void> break_servers(Exercise& exercise) {
  const std::unique_ptr<drill::Downloads>& downloads = exercise.downloads;
  const SystemClock clock;
  Monotonic well_since = clock.now();
  std::uint64_t ended_then = 0;
  while (!exercise.is_over()) {
    const std::optional<std::size_t> due = exercise.aim->next(kLookAgain);
    const std::uint64_t ended = downloads->ended() - ended_then;
    if (!due && exercise.flags.count > 0 && ended >= kMissedMost &&
        clock.now() - well_since >= kMissedFor)
      return nobody_to_break(exercise.flags, ended);
    if (!due) continue;
    exercise.aim->breaks(*due);
    TRY(break_it(exercise, *exercise.hosts[*due]));
    exercise.aim->has_broken();
    pause_for(exercise.fault->lasts);
    if (interrupted()) return {};
    TRY(mend_it(exercise));
    if (const Result<void> whole = wait_until_whole(exercise.place); !whole.ok() && !interrupted())
      return whole;
    well_since = clock.now();
    ended_then = downloads->ended();
  }
  return {};
}

Result<void> break_hosts(Exercise& exercise) {
  if (exercise.fault != nullptr)
    return exercise.aim ? break_servers(exercise) : break_in_turn(exercise);
  while (!exercise.is_over()) pause_for(kLookAgain);
  return {};
}

Result<void> begin_visits(Exercise& exercise) {
  const DrillFlags& flags = exercise.flags;
  const Address door = TRY(door_of(flags, exercise.place));
  if (flags.aim)
    exercise.aim =
        std::make_unique<drill::Aim>(flags.hosts, static_cast<std::size_t>(flags.downloads));
  if (flags.downloads > 0)
    exercise.downloads = TRY(drill::Downloads::begin(
        {.address = door,
         .host = host_of(flags),
         .path = flags.file,
         .visitors = flags.downloads,
         .bytes_a_second = std::uint64_t{flags.rate} * 1'000'000,
         .count = flags.count,
         .aim = exercise.aim.get(),
         .seed = flags.seed.value_or(0),
         .tell = [](std::string_view line) { StderrNarrator().say(line); }}));
  if (flags.load > 0)
    exercise.visitors = std::make_unique<drill::Visitors>(
        drill::VisitorOptions{.address = door,
                              .host = host_of(flags),
                              .path = flags.path,
                              .rate = flags.load,
                              .connections = static_cast<int>(std::clamp(flags.load, 1U, 50U))});
  exercise.end = SystemClock().now() + std::chrono::seconds(flags.seconds);
  return {};
}

std::optional<WentOn> went_on_since(const Place& place, const WentOn& before) {
  const std::optional<WentOn> after = went_on(place);
  if (!after || after->resumes < before.resumes) return std::nullopt;  // another process
  return WentOn{.resumes = after->resumes - before.resumes,
                .stripes = after->stripes - before.stripes};
}

// Downloads that are under way at the end are waited for, and then the last fault is mended.
Result<Seen> drill_it(Exercise& exercise) {
  const bool asks = exercise.flags.url.empty() && exercise.flags.downloads > 0;
  const std::optional<WentOn> before = asks ? went_on(exercise.place) : std::nullopt;
  TRY(begin_visits(exercise));
  const Result<void> done = break_hosts(exercise);
  Seen seen;
  if (exercise.visitors) seen.requests = exercise.visitors->stop();
  if (exercise.downloads) seen.downloads = exercise.downloads->stop();
  seen.faults = exercise.faults;
  if (interrupted() && exercise.broken != nullptr && *exercise.fault->mending != '\0')
    return failure(fmt::format("interrupted; to have {} back: {}", exercise.broken->name,
                               exercise.place.command(fmt::format("{} {}", exercise.fault->mending,
                                                                  exercise.broken->name))));
  const Result<void> mended = mend_it(exercise);
  if (!mended.ok()) seen.trouble = mended.error();
  if (!done.ok()) seen.trouble = done.error();
  if (before) seen.went_on = went_on_since(exercise.place, *before);
  return seen;
}

// Those that are named. Error: there is none such, or none though something is to break.
Result<Hosts> hosts_of(const DrillFlags& flags) {
  Hosts hosts;
  for (const std::string& name : flags.hosts) {
    hosts.push_back(lab::find_host(name));
    if (hosts.back() == nullptr) return no_such_host(name);
  }
  if (hosts.empty() && !flags.fault.empty()) return no_such_host("");
  return hosts;
}

int run_drill(DrillFlags flags) {
  const auto place = Place::of(flags.lab);
  if (!place.ok()) return tell(place.error()), kBadUsage;
  if (flags.times == 0) flags.times = std::max(1U, static_cast<unsigned>(flags.hosts.size()));
  if (const std::string what = contradiction(flags); !what.empty())
    return tell(failure(what)), kBadUsage;
  const Result<Hosts> hosts = hosts_of(flags);
  if (!hosts.ok()) return tell(hosts.error()), kBadUsage;
  if (flags.aim && !flags.seed) flags.seed = std::random_device()();
  catch_interrupts();
  (void)raise_descriptor_limit();
  ignore_broken_pipes();
  Exercise exercise{
      .flags = flags, .place = *place, .hosts = *hosts, .fault = find_drill_fault(flags.fault)};
  const Result<Seen> seen = drill_it(exercise);
  if (!seen.ok()) return tell(seen.error());
  flags.json ? print_drill_json(flags, *seen) : print_drill(flags, *seen);
  if (seen->trouble) (void)tell(*seen->trouble);
  return seen->well() ? kDone : kFailed;
}

}  // namespace

void add_drill(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("drill", "Break a host of the lab under load; tell what visitors saw");
  const auto flags = std::make_shared<DrillFlags>();
  describe_drill(*command, *flags);
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_drill(*flags); }; });
}

}  // namespace bramble::cli
