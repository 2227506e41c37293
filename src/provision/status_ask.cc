// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <thread>

#include "base/clock.hh"
#include "base/interrupt.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/firewall_rules.hh"
#include "provision/reach.hh"
#include "provision/status.hh"
#include "provision/units.hh"

namespace bramble::provision {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::seconds kSettling{10};  // a volume is connected to, and heartbeats are seen
constexpr std::chrono::milliseconds kSettlingPause{300};

std::string questions(const Cluster& cluster, const Machine& machine) {
  std::string script = "echo \"now=$(date +%s.%N)\"\n";
  for (const std::string& service : services_of(cluster, machine))
    script += tell_value(service, "systemctl is-active " + service);
  script += tell_whether("read-only", std::string(kRootIsReadOnly));
  script += tell_whether("firewall",
                         fmt::format("nft list table inet {} >/dev/null 2>&1", kFirewallTable));
  script += tell_file(std::string(kVitalsFile));
  if (machine.role == Role::kBalancer)
    script += fmt::format(
        "echo @balancer; curl -s -m 3 http://127.0.0.1:{}/status.json | awk '{{print \"|\" $0}}'\n",
        kAdminPort);
  return script;
}

}  // namespace

Answer ask(const Site& site, const Machine& machine) {
  Answer answer{.machine = machine.name};
  const Result<std::string> said =
      site.host(machine.name)
          .sh({.text = questions(site.cluster(), machine), .timeout = kPatience});
  if (said.ok())
    answer.look = Look::parse(*said);
  else
    answer.error = cure_for(said.error().what, machine, site.cluster().ssh);
  return answer;
}

std::vector<Answer> ask_all(const Site& site) {
  const std::vector<Machine> machines = site.cluster().machines();
  std::vector<Answer> all(machines.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < machines.size(); ++i)
    threads.emplace_back([&, i] { all[i] = ask(site, machines[i]); });
  for (std::thread& thread : threads) thread.join();
  return all;
}

Status settled_status(const Site& site, bool colour) {
  const Monotonic enough = SystemClock().now() + kSettling;
  for (;;) {
    Status status = status_of(site.cluster(), ask_all(site), colour);
    if (status.healthy || interrupted() || SystemClock().now() > enough) return status;
    std::this_thread::sleep_for(kSettlingPause);
  }
}

}  // namespace bramble::provision
