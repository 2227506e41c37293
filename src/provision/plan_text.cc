// SPDX-License-Identifier: Apache-2.0
#include "provision/plan_text.hh"

#include <fmt/format.h>

#include "base/table.hh"
#include "base/terminal.hh"
#include "base/text.hh"

namespace bramble::provision {
namespace {

std::vector<const StepReport*> of(const std::vector<StepReport>& reports,
                                  const std::string& machine) {
  std::vector<const StepReport*> all;
  for (const StepReport& report : reports)
    if (report.machine == machine) all.push_back(&report);
  return all;
}

std::string plan_line(const StepReport& report, std::string_view sign, std::string_view text,
                      Colour tint, bool colour) {
  return fmt::format("  {} {:<14}  {}\n", paint(sign, tint, colour), report.step, text);
}

std::string failures(const std::vector<StepReport>& reports, bool colour) {
  std::string text;
  for (const StepReport& report : reports)
    if (report.verdict == Verdict::kFailed)
      text += fmt::format("{} {}: {}\n", paint("failed", Colour::kRed, colour), report.step,
                          report.error);
  return text;
}

struct Sums {
  std::size_t ok = 0, changed = 0, failed = 0, not_reached = 0;
  std::chrono::milliseconds took{0};
  const StepReport* slowest = nullptr;
};

Sums sums_of(const std::vector<const StepReport*>& reports) {
  Sums sums;
  for (const StepReport* report : reports) {
    sums.ok += report->verdict == Verdict::kOk;
    sums.changed += report->verdict == Verdict::kChanged;
    sums.failed += report->verdict == Verdict::kFailed;
    sums.not_reached += report->verdict == Verdict::kNotReached;
    sums.took += report->took;
    if (sums.slowest == nullptr || report->took > sums.slowest->took) sums.slowest = report;
  }
  return sums;
}

std::string number(std::size_t n) { return n == 0 ? "-" : std::to_string(n); }

}  // namespace

std::string count_of(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string plan_text(const Cluster& cluster, const std::vector<StepReport>& reports, bool colour) {
  std::string text;
  for (const Machine& machine : cluster.machines()) {
    text += paint(machine.name, Colour::kBold, colour) +
            fmt::format(" ({}, {})\n", word(machine.role), machine.address);
    bool idle = true;
    for (const StepReport* report : of(reports, machine.name)) {
      idle = idle && report->verdict == Verdict::kOk;
      for (const Change& change : report->changes)
        text += plan_line(*report, "+", change.what, Colour::kGreen, colour);
      if (report->verdict == Verdict::kFailed)
        text += plan_line(*report, "!", report->error, Colour::kRed, colour);
    }
    if (idle) text += "  nothing to do\n";
  }
  return text;
}

std::string result_text(const Cluster& cluster, const std::vector<StepReport>& reports,
                        std::chrono::milliseconds took, bool colour) {
  Table table({"MACHINE", "OK", "CHANGED", "FAILED", "NOT REACHED", "TIME", "LONGEST STEP"});
  for (const Machine& machine : cluster.machines()) {
    const Sums sums = sums_of(of(reports, machine.name));
    table.add({{machine.name},
               {number(sums.ok)},
               {number(sums.changed), sums.changed > 0 ? Colour::kGreen : Colour::kPlain},
               {number(sums.failed), sums.failed > 0 ? Colour::kRed : Colour::kPlain},
               {number(sums.not_reached), sums.not_reached > 0 ? Colour::kYellow : Colour::kPlain},
               {human_duration(sums.took)},
               {sums.slowest == nullptr ? ""
                                        : fmt::format("{}, {}", sums.slowest->step,
                                                      human_duration(sums.slowest->took))}});
  }
  const std::string failed = failures(reports, colour);
  return table.text(colour) + failed +
         fmt::format("{}{} in {}\n", count_of(count_changes(reports), "change"),
                     failed.empty() ? "" : ", and perhaps a part of what failed,",
                     human_duration(took)) +
         (failed.empty() ? "" : "mend that, then run `bramble up` again: it goes on from here\n");
}

}  // namespace bramble::provision
