// SPDX-License-Identifier: Apache-2.0
// bramble up: makes the hosts match the file.
//
//     file ── reach all ── lock all ── plan ──0 changes──► done
//                                       └─ shown ─ asked ─ apply ─► table ─ status
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/clock.hh"
#include "base/interrupt.hh"
#include "base/terminal.hh"
#include "base/text.hh"
#include "cli/cluster_file.hh"
#include "cli/commands.hh"
#include "provision/narrator.hh"
#include "provision/plan_text.hh"
#include "provision/program.hh"
#include "provision/status.hh"
#include "provision/steps.hh"

namespace bramble::cli {
namespace {

using provision::StepReport;
using std::chrono::milliseconds;

struct UpFlags {
  std::string file = "bramble.toml";
  bool yes = false;
  bool json = false;
};

bool agreed(const UpFlags& flags, const Cluster& cluster, std::size_t changes) {
  if (flags.yes) return true;
  if (!is_terminal(STDIN_FILENO)) {
    tell(failure("nobody is there to be asked: look at the plan above, then add --yes"));
    return false;
  }
  print(fmt::format("Make {} on {}? [y/N] ", provision::count_of(changes, "change"),
                    provision::count_of(cluster.machines().size(), "machine")),
        stderr);
  const std::string said = to_lower(trim(read_line(STDIN_FILENO)));
  if (interrupted()) print("\n", stderr);
  return said == "y" || said == "yes";
}

void tell_result(const UpFlags& flags, const Cluster& cluster,
                 const std::vector<StepReport>& reports, milliseconds took) {
  if (flags.json)
    print(provision::plan_json(cluster, reports));
  else
    print(provision::result_text(cluster, reports, took, colour_wanted(STDOUT_FILENO)));
}

// What was just started is waited for, and what is wrong then is told.
void tell_status(const UpFlags& flags, const provision::Site& site) {
  const provision::Status status = provision::settled_status(site, colour_wanted(STDOUT_FILENO));
  if (!flags.json && !interrupted()) print(status.verdict);
}

// Nothing was changed, and why: programs get what was planned till then.
int give_up(const UpFlags& flags, const Cluster& cluster, const std::vector<StepReport>& reports,
            const Error& error) {
  if (flags.json) print(provision::plan_json(cluster, reports, error.what));
  return tell(error);
}

int run_up(const UpFlags& flags) {
  catch_interrupts();
  const Monotonic start = SystemClock().now();
  const auto took = [start] {
    return std::chrono::duration_cast<milliseconds>(SystemClock().now() - start);
  };
  const std::optional<Cluster> cluster = load_or_tell(flags.file);
  if (!cluster) return kBadUsage;
  const auto reached = reach_or_tell(*cluster, flags.json);
  if (!reached.ok()) return exit_status(reached.error());
  provision::Connections& connections = **reached;
  if (const Result<void> locked =
          connections.lock([](const std::string& what) { tell(failure(what)); });
      !locked.ok())
    return give_up(flags, *cluster, {}, locked.error());

  const provision::Steps steps = provision::all_steps(provision::running_program());
  provision::Silence silence;
  std::vector<StepReport> reports = provision::plan_steps(connections.site(), steps, silence);
  const std::size_t changes = provision::count_changes(reports);
  if (provision::any_failed(reports) || changes > 0)
    print(provision::plan_text(*cluster, reports, colour_wanted(STDERR_FILENO)), stderr);
  if (interrupted())
    return give_up(flags, *cluster, reports, failure("interrupted: nothing was changed"));
  if (provision::any_failed(reports))
    return give_up(flags, *cluster, reports,
                   failure("the plan has faults, marked \"!\": nothing was changed"));
  if (changes > 0) {
    if (!agreed(flags, *cluster, changes))
      return give_up(
          flags, *cluster, reports,
          failure(interrupted() ? "interrupted: nothing was changed" : "nothing was changed"));
    const std::unique_ptr<provision::Progress> narrator = provision::make_narrator(*cluster);
    reports = provision::apply_steps(connections.site(), steps, *narrator);
    provision::flush_disks(connections.site());
  }
  tell_result(flags, *cluster, reports, took());
  if (interrupted())
    return tell(failure("interrupted: run `bramble up` again, it goes on from here"));
  if (provision::any_failed(reports)) return kFailed;
  if (changes > 0) tell_status(flags, connections.site());
  return kDone;
}

}  // namespace

void add_up(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("up", "Make the hosts match the cluster's file");
  command->footer(
      "Shows what it would change, asks, then does it, and says how the cluster is; run again, it\n"
      "changes nothing.\n"
      "Example: bramble up -f bramble.toml --yes");
  const auto flags = std::make_shared<UpFlags>();
  add_file_option(*command, flags->file);
  command->add_flag("-y,--yes", flags->yes, "Do not ask");
  command->add_flag("--json", flags->json, "The result for programs");
  command->callback([flags, &invocation] { invocation.run = [flags] { return run_up(*flags); }; });
}

}  // namespace bramble::cli
