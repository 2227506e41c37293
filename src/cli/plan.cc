// SPDX-License-Identifier: Apache-2.0
// bramble plan: what `up` would change.
#include <unistd.h>

#include <memory>

#include "base/interrupt.hh"
#include "base/terminal.hh"
#include "cli/cluster_file.hh"
#include "cli/commands.hh"
#include "provision/narrator.hh"
#include "provision/plan_text.hh"
#include "provision/program.hh"
#include "provision/steps.hh"

namespace bramble::cli {
namespace {

struct PlanFlags {
  std::string file = "bramble.toml";
  bool json = false;
};

int run_plan(const PlanFlags& flags) {
  catch_interrupts();
  const std::optional<Cluster> cluster = load_or_tell(flags.file);
  if (!cluster) return kBadUsage;
  const auto connections = reach_or_tell(*cluster, flags.json);
  if (!connections.ok()) return exit_status(connections.error());
  provision::Silence silence;
  const std::vector<provision::StepReport> reports = provision::plan_steps(
      (*connections)->site(), provision::all_steps(provision::running_program()), silence);
  print(flags.json ? provision::plan_json(*cluster, reports)
                   : provision::plan_text(*cluster, reports, colour_wanted(STDOUT_FILENO)) +
                         provision::count_of(provision::count_changes(reports), "change") + "\n");
  return provision::any_failed(reports) ? kFailed : kDone;
}

}  // namespace

void add_plan(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("plan", "Show what `up` would change; change nothing");
  command->footer("Example: bramble plan -f bramble.toml");
  const auto flags = std::make_shared<PlanFlags>();
  add_file_option(*command, flags->file);
  command->add_flag("--json", flags->json, "For programs");
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_plan(*flags); }; });
}

}  // namespace bramble::cli
