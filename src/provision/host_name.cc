// SPDX-License-Identifier: Apache-2.0
#include "provision/host_name.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

class HostName final : public Step {
 public:
  std::string_view name() const override { return "host name"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Look look =
        TRY(Look::at(site.host(machine), tell_value("file", "cat /etc/hostname 2>/dev/null") +
                                             tell_value("kernel", "hostname")));
    const std::string& old = look.value("kernel");
    if (look.value("file") == machine && old == machine) return std::vector<Change>{};
    return std::vector<Change>{{fmt::format("set the host name {} (it is {})", machine, old)}};
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    Host& host = site.host(machine);
    TRY(host.put("/etc/hostname", machine + "\n"));
    TRY(host.sh("hostname " + shell_quote(machine)));
    return {};
  }
};

}  // namespace

std::unique_ptr<Step> host_name_step() { return std::make_unique<HostName>(); }

}  // namespace bramble::provision
