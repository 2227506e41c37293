// SPDX-License-Identifier: Apache-2.0
#include "lab/network.hh"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <initializer_list>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "lab/wait.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

// What comes from the LAN may go out, and its answers come back: a home router.
constexpr const char* kRouterRules = R"(table inet router {
  chain leaving { type nat hook postrouting priority srcnat; oifname "internet" masquerade; }
  chain passing {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "lan" oifname "internet" accept
  }
}
)";

// Commands of ip(8) or tc(8), in one process.
Result<void> batch(const char* program, const std::string& netns, const std::string& text) {
  TRY(run_ok(Command{.argv = {program, "-n", netns, "-batch", "-"}, .input = text}));
  return {};
}

Result<void> add_netns(const std::string& netns, bool forwards) {
  TRY(run_ok({"ip", "netns", "add", netns}));
  TRY(batch("ip", netns, "link set lo up\n"));
  TRY(run_ok(Command{
      .argv = {"sysctl", "-qw", std::string("net.ipv4.ip_forward=") + (forwards ? "1" : "0")},
      .network_namespace = netns}));
  return {};
}

Result<void> delete_netns(const std::string& netns) {
  if (::access(("/run/netns/" + netns).c_str(), F_OK) != 0) return {};
  TRY(run_ok(Command{.argv = {"ip", "netns", "del", netns}, .ignore_interrupt = true}));
  return {};
}

// Where br_netfilter is loaded, the machine's firewall would look into bridges as well.
Result<void> keep_firewalls_off_the_bridges(const std::string& netns) {
  std::error_code none;
  if (!fs::exists("/proc/sys/net/bridge", none)) return {};
  TRY(run_ok(Command{
      .argv = {"sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0",
               "net.bridge.bridge-nf-call-ip6tables=0", "net.bridge.bridge-nf-call-arptables=0"},
      .network_namespace = netns}));
  return {};
}

struct Leg {
  std::string part;       // whose namespace
  std::string interface;  // its name there
  std::string port;       // the other end's name on the switch
  Network network;
  bool cut = false;
};

Result<void> lay(const Place& place, const Leg& leg) {
  return batch("ip", place.netns(kSwitch),
               "link add " + leg.port + " type veth peer name " + leg.interface + " address " +
                   mac_address(leg.port) + " netns " + place.netns(leg.part) + "\nlink set " +
                   leg.port + " master " + bridge(leg.network) + (leg.cut ? " down\n" : " up\n"));
}

// A namespace with a leg in each network.
Result<void> build_between(const Place& place, const char* part, bool forwards,
                           std::string (*address)(Network)) {
  const std::string netns = place.netns(part);
  TRY(add_netns(netns, forwards));
  std::string text;
  for (const Network network : {Network::kLan, Network::kInternet}) {
    const std::string leg = bridge(network);
    TRY(lay(place, {.part = part,
                    .interface = leg,
                    .port = std::string(part).substr(0, 6) + "-" + leg,
                    .network = network}));
    text += fmt::format("addr add {}/24 dev {}\nlink set {} up\n", address(network), leg, leg);
  }
  return batch("ip", netns, text);
}

Result<void> apply_rate(const std::string& netns, const std::string& interface,
                        const std::optional<Rate>& rate) {
  std::vector<std::string> argv = {"tc", "-n", netns, "qdisc"};
  if (!rate) {
    argv.insert(argv.end(), {"del", "dev", interface, "root"});
    TRY(run(Command{.argv = std::move(argv)}));  // where there is none, it is as it shall be
    return {};
  }
  argv.insert(argv.end(), {"replace", "dev", interface, "root", "tbf", "rate", rate->text(),
                           "burst", std::to_string(rate->burst_bytes()), "latency", "50ms"});
  TRY(run_ok(std::move(argv)));
  return {};
}

Result<void> apply_rates(const Place& place, const LabHost& host, const std::optional<Rate>& rate) {
  TRY(apply_rate(place.netns(kSwitch), host.name, rate));
  return apply_rate(place.netns(host.name), "eth0", rate);
}

std::string cable_file(const Place& place, const LabHost& host) {
  return place.host_folder(host.name) + "/cable";
}

// Sessions that were opened through the operator's namespace outlive what they were connected to.
void end_processes_in(const std::string& netns_path) {
  struct stat wanted = {};
  if (::stat(netns_path.c_str(), &wanted) != 0) return;
  for (const std::string& process : names_in("/proc")) {
    const auto pid = parse_number(process);
    struct stat has = {};
    if (pid && ::stat(("/proc/" + process + "/ns/net").c_str(), &has) == 0 &&
        has.st_ino == wanted.st_ino && has.st_dev == wanted.st_dev)
      ::kill(static_cast<pid_t>(*pid), SIGKILL);
  }
}

}  // namespace

Result<void> build_network(const Place& place) {
  const std::string netns = place.netns(kSwitch);
  TRY(add_netns(netns, false));
  TRY(keep_firewalls_off_the_bridges(netns));
  std::string text;
  for (const Network network : {Network::kLan, Network::kInternet})
    text += std::string("link add ") + bridge(network) + " type bridge\nlink set " +
            bridge(network) + " up\n";
  TRY(batch("ip", netns, text));
  TRY(build_between(place, kRouter, true, router_address));
  TRY(run_ok(Command{.argv = {"nft", "-f", "-"},
                     .input = kRouterRules,
                     .network_namespace = place.netns(kRouter)}));
  return build_between(place, kOperator, false, operator_address);
}

Result<void> remove_network(const Place& place) {
  std::vector<std::string> parts = {kOperator, kRouter, kSwitch};
  for (const LabHost& host : hosts()) parts.push_back(host.name);
  for (const std::string& part : parts) end_processes_in(place.netns_path(part));
  for (const std::string& part : parts) TRY(delete_netns(place.netns(part)));
  return {};
}

Result<void> unplug(const Place& place, const LabHost& host) {
  // The pair is taken away by name: with the namespace alone it would go some time later.
  TRY(run(Command{.argv = {"ip", "-n", place.netns(kSwitch), "link", "del", host.name},
                  .ignore_interrupt = true}));
  return delete_netns(place.netns(host.name));
}

Result<void> plug(const Place& place, const LabHost& host) {
  TRY(unplug(place, host));
  const Cable state = cable(place, host);
  TRY(add_netns(place.netns(host.name), false));
  TRY(lay(place, {.part = host.name,
                  .interface = "eth0",
                  .port = host.name,
                  .network = host.network,
                  .cut = state.cut}));
  if (state.rate) TRY(apply_rates(place, host, state.rate));
  return {};
}

Cable cable(const Place& place, const LabHost& host) {
  Cable state;
  const Result<std::string> text = read_file(cable_file(place, host));
  if (!text.ok()) return state;
  for (const std::string_view word : words(*text)) {
    if (word == "cut") state.cut = true;
    if (Result<Rate> rate = Rate::parse(word); rate.ok()) state.rate = *rate;
  }
  return state;
}

Result<void> set_cable(const Place& place, const LabHost& host, const Cable& state) {
  const std::string text =
      std::string(state.cut ? "cut" : "") + (state.rate ? ' ' + state.rate->text() : "") + '\n';
  TRY(write_file(cable_file(place, host), text));
  if (::access(place.netns_path(host.name).c_str(), F_OK) != 0) return {};  // at the next power-on
  TRY(run_ok(
      {"ip", "-n", place.netns(kSwitch), "link", "set", host.name, state.cut ? "down" : "up"}));
  return apply_rates(place, host, state.rate);
}

}  // namespace bramble::lab
