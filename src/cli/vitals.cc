// SPDX-License-Identifier: Apache-2.0
// bramble vitals: the root service that writes what a machine says of itself.
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hh"
#include "base/host_name.hh"
#include "base/interrupt.hh"
#include "cli/cluster_file.hh"
#include "cli/commands.hh"
#include "cluster/addresses.hh"
#include "node/vitals_service.hh"

namespace bramble::cli {
namespace {

struct VitalsFlags {
  std::string file{kClusterFileOnMachines};
  std::string name;
  std::string output{kVitalsFile};
};

int bad_usage(const std::string& what) {
  (void)tell(failure(what));
  return kBadUsage;
}

int run_vitals(VitalsFlags flags) {
  catch_interrupts();
  std::optional<Cluster> cluster = load_or_tell(flags.file);
  if (!cluster) return kBadUsage;
  if (flags.name.empty()) flags.name = host_name();
  if (cluster->find(flags.name) == nullptr)
    return bad_usage("no machine of " + flags.file + " is called \"" + flags.name +
                     "\": say which one this is with --name");
  // It is replaced each time: a device would be, too.
  struct stat there = {};
  if (::stat(flags.output.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    return bad_usage("--output " + flags.output + " is no file: name one that may be replaced");
  static const SystemClock clock;
  Result<void> done = failure("");
  {
    VitalsService service(
        clock, {.cluster = *std::move(cluster), .machine = flags.name, .file = flags.output});
    done = service.run();
  }
  const int status = done.ok() ? kDone : tell(done.error());
  // A thread that hangs in GlusterFS is left behind, and must not see static objects go.
  std::_Exit(status);
}

}  // namespace

void add_vitals(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "vitals",
      "Write this machine's vitals to a file every two seconds, write the heartbeat, and look\n"
      "after geo-replication: a service for root, on every machine of a cluster");
  command->footer("Example: bramble vitals -f /etc/bramble/bramble.toml --name cluster01");
  const auto flags = std::make_shared<VitalsFlags>();
  command->add_option("-f,--file", flags->file, "The cluster file")->capture_default_str();
  command->add_option("--name", flags->name, "Which machine of it this is (default: host name)");
  command->add_option("--output", flags->output, "Where the vitals go")->capture_default_str();
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_vitals(*flags); }; });
}

}  // namespace bramble::cli
