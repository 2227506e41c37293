// SPDX-License-Identifier: Apache-2.0
// bramble hosts: what a client computer in the LAN needs to mount the volume.
#include <memory>

#include "cli/cluster_file.hh"
#include "cli/commands.hh"
#include "provision/client_mount.hh"

namespace bramble::cli {
namespace {

struct HostsFlags {
  std::string file = "bramble.toml";
  bool json = false;
};

int run_hosts(const HostsFlags& flags) {
  const std::optional<Cluster> cluster = load_or_tell(flags.file);
  if (!cluster) return kBadUsage;
  print(flags.json ? provision::client_mount_json(*cluster)
                   : provision::client_mount_text(*cluster));
  return kDone;
}

}  // namespace

void add_hosts(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "hosts", "Print the /etc/hosts block and the mount line for client computers in the LAN");
  command->footer("Example: bramble hosts -f bramble.toml");
  const auto flags = std::make_shared<HostsFlags>();
  add_file_option(*command, flags->file);
  command->add_flag("--json", flags->json, "For programs: hosts, source, options, folder");
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_hosts(*flags); }; });
}

}  // namespace bramble::cli
