// SPDX-License-Identifier: Apache-2.0
#include "provision/runner.hh"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.hh"
#include "base/interrupt.hh"

namespace bramble::provision {
namespace {

constexpr std::chrono::milliseconds kInterruptPoll{100};
constexpr std::chrono::minutes kFlushPatience{2};  // of a slow SD card

bool runs_on(const Step& step, const Cluster& cluster, const std::string& machine) {
  const std::vector<std::string> machines = step.machines(cluster);
  return std::find(machines.begin(), machines.end(), machine) != machines.end();
}

// How far each machine is. Shared by the machines' threads.
class Rendezvous {
 public:
  explicit Rendezvous(std::size_t machines) : places_(machines) {}

  // The machine is through with every step before this one.
  void arrive(std::size_t machine, std::size_t step) {
    const std::lock_guard lock(mutex_);
    places_[machine].step = step;
    changed_.notify_all();
  }

  // The machine goes no further than this step.
  void stop(std::size_t machine, std::size_t step) {
    const std::lock_guard lock(mutex_);
    places_[machine] = {.step = step, .stopped = true};
    changed_.notify_all();
  }

  // True once all machines are through with every step before this one, false when one of them
  // will never be, or when we are interrupted.
  bool wait_for_all(std::size_t step) {
    std::unique_lock lock(mutex_);
    while (!interrupted()) {
      const auto behind = [&](const Place& place) { return place.step < step; };
      if (std::none_of(places_.begin(), places_.end(), behind)) return true;
      if (std::any_of(places_.begin(), places_.end(),
                      [&](const Place& place) { return behind(place) && place.stopped; }))
        return false;
      changed_.wait_for(lock, kInterruptPoll);
    }
    return false;
  }

 private:
  struct Place {
    std::size_t step = 0;
    bool stopped = false;
  };

  std::mutex mutex_;  // guards places_
  std::condition_variable changed_;
  std::vector<Place> places_;
};

// Progress from many threads, one call at a time.
class OneAtATime {
 public:
  explicit OneAtATime(Progress& progress) : progress_(progress) {}
  void begins(const std::string& machine, std::string_view step) {
    const std::lock_guard lock(mutex_);
    progress_.begins(machine, step);
  }
  void waits(const std::string& machine, std::string_view step) {
    const std::lock_guard lock(mutex_);
    progress_.waits(machine, step);
  }
  void ends(const StepReport& report) {
    const std::lock_guard lock(mutex_);
    progress_.ends(report);
  }

 private:
  std::mutex mutex_;
  Progress& progress_;
};

void plan_one(const Site& site, const Step& step, StepReport& report) {
  Result<std::vector<Change>> plan = step.plan(site, report.machine);
  if (!plan.ok()) {
    report.verdict = Verdict::kFailed;
    report.error = plan.error().what;
    return;
  }
  report.changes = *std::move(plan);
  report.verdict = report.changes.empty() ? Verdict::kOk : Verdict::kWouldChange;
}

void apply_one(const Site& site, const Step& step, StepReport& report) {
  plan_one(site, step, report);
  if (report.verdict != Verdict::kWouldChange) return;
  report.verdict = Verdict::kFailed;
  if (const Result<void> applied = step.apply(site, report.machine); !applied.ok()) {
    report.error = applied.error().what;
    return;
  }
  const Result<std::vector<Change>> left = step.plan(site, report.machine);
  if (!left.ok())
    report.error = left.error().what;
  else if (!left->empty())
    report.error = report.machine + ": was applied, but still wants to " + left->front().what;
  else
    report.verdict = Verdict::kChanged;
}

// One walk over all steps and machines.
class Walk {
 public:
  Walk(const Site& site, const Steps& steps, Progress& progress, bool applies)
      : site_(site),
        steps_(steps),
        machines_(site.cluster().machines()),
        progress_(progress),
        applies_(applies),
        rendezvous_(machines_.size()),
        reports_(machines_.size()) {}

  std::vector<StepReport> run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < machines_.size(); ++i) threads.emplace_back([this, i] { walk(i); });
    for (std::thread& thread : threads) thread.join();
    std::vector<StepReport> all;
    for (std::vector<StepReport>& of_one : reports_)
      std::move(of_one.begin(), of_one.end(), std::back_inserter(all));
    return all;
  }

 private:
  void walk(std::size_t machine) {
    bool stopped = false;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!stopped) rendezvous_.arrive(machine, i);
      const Step& step = *steps_[i];
      if (!runs_on(step, site_.cluster(), machines_[machine].name)) continue;
      StepReport report{.machine = machines_[machine].name, .step = std::string(step.name())};
      if (!stopped && !take(step, i, report)) {
        stopped = true;
        rendezvous_.stop(machine, i);
      }
      reports_[machine].push_back(std::move(report));
    }
    if (!stopped) rendezvous_.arrive(machine, steps_.size());
  }

  // False: the machine goes no further.
  bool take(const Step& step, std::size_t index, StepReport& report) {
    if (interrupted()) return false;
    if (applies_ && step.waits_for_all()) {
      progress_.waits(report.machine, step.name());
      if (!rendezvous_.wait_for_all(index)) return false;
    }
    progress_.begins(report.machine, step.name());
    const Monotonic start = SystemClock().now();
    applies_ ? apply_one(site_, step, report) : plan_one(site_, step, report);
    report.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(SystemClock().now() - start);
    progress_.ends(report);
    return !applies_ || report.verdict != Verdict::kFailed;
  }

  const Site& site_;
  const Steps& steps_;
  const std::vector<Machine> machines_;
  OneAtATime progress_;
  const bool applies_;
  Rendezvous rendezvous_;
  std::vector<std::vector<StepReport>> reports_;  // one a machine, written by its thread
};

}  // namespace

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWouldChange:
      return "would change";
    case Verdict::kChanged:
      return "changed";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kNotReached:
      return "not reached";
  }
  return "";
}

std::vector<StepReport> plan_steps(const Site& site, const Steps& steps, Progress& progress) {
  return Walk(site, steps, progress, false).run();
}

std::vector<StepReport> apply_steps(const Site& site, const Steps& steps, Progress& progress) {
  return Walk(site, steps, progress, true).run();
}

void flush_disks(const Site& site) {
  std::vector<std::thread> threads;
  for (const Machine& machine : site.cluster().machines())
    threads.emplace_back([&host = site.host(machine.name)] {
      (void)host.sh({.text = "sync", .timeout = kFlushPatience, .ignore_interrupt = true});
    });
  for (std::thread& thread : threads) thread.join();
}

std::size_t count_changes(const std::vector<StepReport>& reports) {
  std::size_t count = 0;
  for (const StepReport& report : reports)
    if (report.verdict == Verdict::kWouldChange || report.verdict == Verdict::kChanged)
      count += report.changes.size();
  return count;
}

bool any_failed(const std::vector<StepReport>& reports) {
  return std::any_of(reports.begin(), reports.end(), [](const StepReport& report) {
    return report.verdict == Verdict::kFailed || report.verdict == Verdict::kNotReached;
  });
}

}  // namespace bramble::provision
