// SPDX-License-Identifier: Apache-2.0
#include "provision/former_offsite.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "cluster/rules.hh"
#include "provision/geo_session.hh"
#include "provision/gluster.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// The machines of our sessions: those that know host keys from where we write them, and those that
// were made and never started, as by a run that was interrupted.
constexpr std::string_view kLook = R"sh(
for config in "$folder/${volume}_"*"_$copy/gsyncd.conf"; do
  if grep -qs "$known" "$config" ||
    grep -qsx Created "$(dirname "$config")/monitor.status"; then
    session=$(basename "$(dirname "$config")")
    session=${session#"${volume}_"}
    echo "${session%"_$copy"}"
  fi
done
)sh";

// glusterd deletes no session whose machine's name leads nowhere, and the name has just been taken
// out of the nodes' /etc/hosts. For the moment it leads to nobody (192.0.2.1, RFC 5737); what an
// interrupted run leaves in bramble's block, the step "hosts" takes out.
constexpr std::string_view kLendName = R"sh(
getent hosts "$former" >/dev/null ||
  sed -i "s/^# bramble end\$/192.0.2.1 $former\n&/" /etc/hosts
)sh";

constexpr std::string_view kTakeNameBack = R"sh(
sed -i "/^192\.0\.2\.1 $former\$/d" /etc/hosts
)sh";

// `stop` fails where it does not run; `delete` then says what is wrong.
constexpr std::string_view kEnd = R"sh(
gl volume geo-replication "$volume" "$target" stop force >/dev/null 2>&1 || true
gl volume geo-replication "$volume" "$target" delete
)sh";

class FormerOffsite final : public Step {
 public:
  std::string_view name() const override { return "former offsite"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return {cluster.nodes.front().name};
  }
  bool waits_for_all() const override { return true; }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    std::vector<Change> changes;
    for (const std::string& former : TRY(look(site, machine)))
      changes.push_back({fmt::format(
          "end geo-replication to {}, which the file does not name any more", former)});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    for (const std::string& former : TRY(look(site, machine))) {
      const Result<void> lent = on_nodes(site, former, kLendName);
      const Result<std::string> ended =
          lent.ok() ? end(site, machine, former) : Result<std::string>(lent.error());
      const Result<void> taken_back = on_nodes(site, former, kTakeNameBack);
      TRY(ended);
      TRY(taken_back);
    }
    return {};
  }

 private:
  static Result<void> on_nodes(const Site& site, const std::string& former,
                               std::string_view script) {
    Result<void> all;
    for (const Machine& node : site.cluster().nodes)
      if (const auto done = site.host(node.name).sh(fmt::format("former={}\n{}", former, script));
          !done.ok())
        all = done.error();
    return all;
  }

  static Result<std::string> end(const Site& site, const std::string& machine,
                                 const std::string& former) {
    const VolumeOptions& volume = site.cluster().volume;
    const std::string target = fmt::format("{}@{}::{}", kGeoUser, former, offsite_volume(volume));
    return site.host(machine).sh(
        {.text = fmt::format("volume={}\ntarget={}\n{}{}", shell_quote(volume.name), target,
                             kGlusterShell, kEnd),
         .timeout = std::chrono::minutes(5)});
  }

  static Result<std::vector<std::string>> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const std::string told = TRY(site.host(machine).sh(fmt::format(
        "folder={}\nvolume={}\ncopy={}\nknown={}\n{}", kGeoFolder, shell_quote(cluster.volume.name),
        shell_quote(offsite_volume(cluster.volume)), kGeoKnownHosts, kLook)));
    std::vector<std::string> former;
    for (const std::string_view name : lines(told))
      if (fault_of_machine_name(name).empty() &&
          (!cluster.offsite || name != cluster.offsite->name))
        former.emplace_back(name);
    return former;
  }
};

}  // namespace

std::unique_ptr<Step> former_offsite_step() { return std::make_unique<FormerOffsite>(); }

}  // namespace bramble::provision
