// SPDX-License-Identifier: Apache-2.0
#include "provision/hosts_file.hh"

#include <fmt/format.h>

#include "provision/hosts_block.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

constexpr const char* kHosts = "/etc/hosts";

class HostsFile final : public Step {
 public:
  std::string_view name() const override { return "hosts"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Wanted wanted = TRY(look(site, machine));
    std::vector<Change> changes;
    if (wanted.edit.text == wanted.current) return changes;
    for (const std::string& line : wanted.edit.taken_out_of)
      changes.push_back(
          {fmt::format("take the cluster's names out of the line \"{}\" of {}", line, kHosts)});
    changes.push_back({fmt::format("write the names of {} machines into {}",
                                   site.cluster().machines().size(), kHosts)});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    Wanted wanted = TRY(look(site, machine));
    return site.host(machine).put(kHosts, std::move(wanted.edit.text));
  }

 private:
  struct Wanted {
    std::string current;
    HostsEdit edit;
  };

  static Result<Wanted> look(const Site& site, const std::string& machine) {
    const Look look = TRY(Look::at(site.host(machine), tell_file(kHosts)));
    std::string current = look.file(kHosts).value_or("");
    Result<HostsEdit> edit =
        edit_hosts(current, hosts_block(site.cluster(), *site.cluster().find(machine)));
    if (!edit.ok()) return failure(machine + ": " + edit.error().what);
    return Wanted{std::move(current), *std::move(edit)};
  }
};

}  // namespace

std::unique_ptr<Step> hosts_file_step() { return std::make_unique<HostsFile>(); }

}  // namespace bramble::provision
