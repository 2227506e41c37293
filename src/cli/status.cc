// SPDX-License-Identifier: Apache-2.0
// bramble status: how the cluster is.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "base/interrupt.hh"
#include "base/terminal.hh"
#include "cli/cluster_file.hh"
#include "cli/commands.hh"
#include "provision/status.hh"
#include "provision/status_watch.hh"

namespace bramble::cli {
namespace {

constexpr int kWatchMilliseconds = 2000;

struct StatusFlags {
  std::string file = "bramble.toml";
  bool json = false;
  bool watch = false;
};

void show(const StatusFlags& flags, const provision::Status& status) {
  std::string text = flags.json ? status.json : status.text;
  if (flags.watch && can_be_redrawn(STDOUT_FILENO)) text.insert(0, "\x1b[H\x1b[2J");
  print(text);
}

// Where none could be asked, for the same reason.
std::vector<provision::Answer> nobody(const Cluster& cluster, const Error& why) {
  std::vector<provision::Answer> answers;
  for (const Machine& machine : cluster.machines())
    answers.push_back(
        {.machine = machine.name, .error = machine.name + ": " + why.what, .look = {}});
  return answers;
}

int run_status(const StatusFlags& flags) {
  catch_interrupts();
  const std::optional<Cluster> cluster = load_or_tell(flags.file);
  if (!cluster) return kBadUsage;
  const auto connections = provision::Connections::make(*cluster);
  if (!connections.ok()) {
    if (flags.json)
      show(flags, provision::status_of(*cluster, nobody(*cluster, connections.error()), false));
    return tell(connections.error());
  }
  const provision::Site& site = (*connections)->site();
  std::optional<provision::StatusWatch> watch;
  if (flags.watch) watch.emplace(site, provision::StatusWatch::Pace());
  for (;;) {
    const std::vector<provision::Answer> answers =
        watch ? watch->answers() : provision::ask_all(site);
    if (interrupted()) return flags.watch ? kDone : kFailed;
    show(flags, provision::status_of(*cluster, answers, colour_wanted(STDOUT_FILENO)));
    if (!flags.watch) return kDone;
    if (std::ferror(stdout) != 0) return kDone;  // main tells
    pollfd wake = {interrupt_fd(), POLLIN, 0};
    ::poll(&wake, 1, kWatchMilliseconds);
  }
}

}  // namespace

void add_status(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("status", "Show how the cluster is");
  command->footer(
      "Exits with 0 whenever it could look; \"healthy\" of --json says whether all is well.\n"
      "Example: bramble status --watch");
  const auto flags = std::make_shared<StatusFlags>();
  add_file_option(*command, flags->file);
  command->add_flag("--json", flags->json, "For programs");
  command->add_flag("--watch", flags->watch, "Again every two seconds, until Ctrl-C");
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_status(*flags); }; });
}

}  // namespace bramble::cli
