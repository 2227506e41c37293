// SPDX-License-Identifier: Apache-2.0
#include "provision/hosts_file.hh"

#include <fmt/format.h>

#include "provision/files.hh"
#include "provision/hosts_block.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

constexpr const char* kHosts = "/etc/hosts";
constexpr const char* kCloud = "/etc/cloud";
constexpr const char* kCloudSettings = "/etc/cloud/cloud.cfg.d/99-bramble.cfg";
constexpr const char* kCloudTemplate = "/etc/cloud/templates/hosts.debian.tmpl";

constexpr const char* kCloudText =
    "# Written by bramble: it sets the host name and writes /etc/hosts.\n"
    "manage_etc_hosts: false\n"
    "preserve_hostname: true\n";

// What shall be, and what of it is not.
struct Work {
  std::vector<std::string> taken_out_of;  // lines, each with its file
  std::vector<File> names;                // those to be written that get the block
  std::vector<File> cloud;
};

// The file with the block in it, if that is another than it is.
Result<void> add_block(const Look& look, const std::string& block, const char* path, Work& work) {
  const std::string current = look.file(path).value_or("");
  HostsEdit edit = TRY(edit_hosts(current, block, path));
  if (edit.text == current) return {};
  for (const std::string& line : edit.taken_out_of)
    work.taken_out_of.push_back(fmt::format("\"{}\" of {}", line, path));
  work.names.push_back({path, std::move(edit.text)});
  return {};
}

Result<Work> decide(const Look& look, const std::string& block) {
  Work work;
  TRY(add_block(look, block, kHosts, work));
  if (!look.is("cloud")) return work;
  if (look.file(kCloudTemplate)) TRY(add_block(look, block, kCloudTemplate, work));
  work.cloud = differing(look, {{kCloudSettings, kCloudText}});
  return work;
}

Result<Work> look_and_decide(const Site& site, const std::string& machine) {
  const Look look =
      TRY(Look::at(site.host(machine), tell_whether("cloud", fmt::format("[ -d {} ]", kCloud)) +
                                           tell_file(kHosts) + tell_file(kCloudTemplate) +
                                           tell_file(kCloudSettings)));
  Result<Work> work = decide(look, hosts_block(site.cluster(), *site.cluster().find(machine)));
  if (!work.ok()) return failure(machine + ": " + work.error().what);
  return work;
}

class HostsFile final : public Step {
 public:
  std::string_view name() const override { return "hosts"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Work work = TRY(look_and_decide(site, machine));
    std::vector<Change> changes;
    for (const std::string& line : work.taken_out_of)
      changes.push_back({fmt::format("take the cluster's names out of the line {}", line)});
    if (!work.names.empty())
      changes.push_back({fmt::format("write the names of {} machines into {}",
                                     site.cluster().machines().size(), paths(work.names))});
    if (!work.cloud.empty())
      changes.push_back({fmt::format("keep cloud-init from the host name and from {} ({})", kHosts,
                                     paths(work.cloud))});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Work work = TRY(look_and_decide(site, machine));
    TRY(put_all(site.host(machine), work.cloud));
    return put_all(site.host(machine), work.names);
  }
};

}  // namespace

std::unique_ptr<Step> hosts_file_step() { return std::make_unique<HostsFile>(); }

}  // namespace bramble::provision
