// SPDX-License-Identifier: Apache-2.0
// bramble doctor: is everything there that `up` needs? Each check with its cause and its cure.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "base/interrupt.hh"
#include "base/terminal.hh"
#include "base/text.hh"
#include "cli/cluster_file.hh"
#include "cli/commands.hh"
#include "provision/narrator.hh"
#include "provision/plan_text.hh"
#include "provision/program.hh"
#include "provision/reach.hh"
#include "provision/steps.hh"

namespace bramble::cli {
namespace {

// Lines "✓ …" and "✗ …", and whether any was the latter.
class Findings {
 public:
  void good(const std::string& what) { line("✓", Colour::kGreen, what); }
  void bad(const std::string& what) {
    line("✗", Colour::kRed, what);
    well_ = false;
  }
  bool well() const { return well_; }

 private:
  void line(std::string_view sign, Colour tint, const std::string& what) {
    print(paint(sign, tint, colour_) + " " + what + "\n");
  }

  const bool colour_ = colour_wanted(STDOUT_FILENO);
  bool well_ = true;
};

void tell_machine(Findings& findings, const provision::Reached& reached) {
  const provision::Look& look = reached.look;
  if (reached.faults.empty())
    findings.good(fmt::format("{}: ssh, root, {}, {}, {} MiB of memory, {} MiB free, clock {:+} ms",
                              reached.machine, look.value("system"), look.value("architecture"),
                              look.value("memory"), look.value("disk"),
                              reached.clock_ahead.count()));
  for (const std::string& fault : reached.faults) findings.bad(fault);
}

void tell_plan(Findings& findings, const provision::Site& site) {
  provision::Silence silence;
  const std::vector<provision::StepReport> reports =
      provision::plan_steps(site, provision::all_steps(provision::running_program()), silence);
  for (const provision::StepReport& report : reports)
    if (report.verdict == provision::Verdict::kFailed)
      findings.bad(fmt::format("{}: {}", report.step, report.error));
  if (!provision::any_failed(reports))
    findings.good(fmt::format("`bramble up` could make {}: see `bramble plan`",
                              provision::count_of(provision::count_changes(reports), "change")));
}

int run_doctor(const std::string& file) {
  catch_interrupts();
  const std::optional<Cluster> cluster = load_or_tell(file);
  if (!cluster) return kBadUsage;
  Findings findings;
  findings.good(
      fmt::format("{}: {}", file, provision::count_of(cluster->machines().size(), "machine")));
  const auto connections = provision::Connections::make(*cluster);
  if (!connections.ok()) return tell(connections.error());
  const std::vector<provision::Reached> reached = provision::reach_all((*connections)->site());
  for (const provision::Reached& one : reached) tell_machine(findings, one);
  if (findings.well()) tell_plan(findings, (*connections)->site());
  return findings.well() ? kDone : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("doctor", "Check all that `up` needs; change nothing");
  command->footer("Example: bramble doctor -f bramble.toml");
  const auto file = std::make_shared<std::string>("bramble.toml");
  add_file_option(*command, *file);
  command->callback([file, &invocation] { invocation.run = [file] { return run_doctor(*file); }; });
}

}  // namespace bramble::cli
