// SPDX-License-Identifier: Apache-2.0
#include "provision/reach.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <thread>

#include "base/clock.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kClockTolerance{2000};
constexpr std::uint64_t kMemoryMin = 350;  // MiB: a Pi with 512 MB shows about 420
constexpr std::uint64_t kDiskMin = 300;    // MiB free on /: packages, logs, the program

constexpr std::string_view kLook = R"sh(
. /etc/os-release
echo "system=${ID:-unknown} ${VERSION_ID:-without a version}"
echo "architecture=$(dpkg --print-architecture 2>/dev/null || uname -m)"
if [ -d /run/systemd/system ]; then echo systemd=yes; fi
awk '/^MemTotal:/ { print "memory=" int($2 / 1024) }' /proc/meminfo
echo "disk=$(df -Pm / | awk 'NR == 2 { print $4 }')"
echo "kernel=$(uname -r)"
echo "addresses=$(hostname -I)"
echo "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) $(readlink /proc/1/ns/net)"
)sh";

// "taken": "PORT PROGRAM" where somebody else listens on a port that ours is to have.
constexpr std::string_view kLookAtPorts = R"sh(
for want in $wanted; do
  ss -Hltnp "sport = :${want##*:}" 2>/dev/null | awk -v address="${want%:*}" -v port="${want##*:}" '
    { there = $4; sub(/:[0-9]*$/, "", there); sub(/%.*/, "", there) }
    there == "*" || there == "0.0.0.0" || there == address || (address == "0.0.0.0" && there !~ /^\[/) {
      name = ""
      if (match($0, /\(\("[^"]*"/)) name = substr($0, RSTART + 3, RLENGTH - 4)
      if (name != "" && name != "bramble") print "taken=" port " " name
    }'
done
)sh";

std::vector<std::string> ports_wanted(const Cluster& cluster, const Machine& machine) {
  if (machine.role == Role::kBalancer) return cluster.balancer_options.listen;
  return {fmt::format("0.0.0.0:{}", kWebPort)};
}

// By the second script, over the open connection: the round trip is short then.
Result<milliseconds> clock_ahead(Host& host) {
  const WallTime before = SystemClock().wall();
  const Look look = TRY(Look::at(host, "echo \"clock=$(date +%s.%N)\"\n"));
  const WallTime after = SystemClock().wall();
  const double there = std::strtod(look.value("clock").c_str(), nullptr);
  const auto middle = before + (after - before) / 2;
  const double here = in_seconds(middle.time_since_epoch());
  return milliseconds(std::llround((there - here) * 1000));
}

Reached reach(const Site& site, const Machine& machine) {
  Reached reached{.machine = machine.name,
                  .login = site.cluster().ssh.user + "@" + machine.address};
  Host& host = site.host(machine.name);
  const std::vector<std::string> wanted = ports_wanted(site.cluster(), machine);
  Result<Look> look = Look::at(
      host, fmt::format("wanted={}\n{}{}{}", shell_quote(join(wanted, " ")), kLook, kLookAtPorts,
                        tell_whether("read-only", std::string(kRootIsReadOnly))));
  if (!look.ok()) {
    reached.faults.push_back(cure_for(look.error().what, machine, site.cluster().ssh));
    return reached;
  }
  reached.answered = true;
  reached.look = *std::move(look);
  reached.faults = faults_of(reached.look, machine);
  if (machine.role == Role::kBalancer)
    for (std::string& fault : faults_of_listen(reached.look, machine, wanted))
      reached.faults.push_back(std::move(fault));
  const Result<milliseconds> ahead = clock_ahead(host);
  if (ahead.ok())
    reached.clock_ahead = *ahead;
  else
    reached.faults.push_back(ahead.error().what);
  return reached;
}

bool mentions(const std::string& text, std::string_view piece) {
  return text.find(piece) != std::string::npos;
}

}  // namespace

std::string cure_for(const std::string& error, const Machine& machine, const SshOptions& ssh) {
  if (mentions(error, "sudo: a password is required") || mentions(error, "not in the sudoers"))
    return fmt::format(
        "{0}: {1} may not become root without a password: on {0}, run echo '{1} ALL=(ALL) "
        "NOPASSWD: ALL' | sudo tee /etc/sudoers.d/{1}",
        machine.name, ssh.user);
  if (mentions(error, "sudo: not found") || mentions(error, "sudo: command not found"))
    return fmt::format("{}: there is no sudo: install it, or let [ssh] user be \"root\"",
                       machine.name);
  if (mentions(error, "Permission denied"))
    return fmt::format(
        "{}: no key of ours is let in there: run ssh-copy-id {}@{}, or ssh-add where your key has "
        "a passphrase",
        error, ssh.user, machine.address);
  if (mentions(error, "timed out") || mentions(error, "No route") || mentions(error, "refused") ||
      mentions(error, "unreachable") || mentions(error, "Connection closed by"))
    return fmt::format("{}: is it on, is {} its address, and does sshd run there?", error,
                       machine.address);
  if (error.ends_with("Host key verification failed"))
    return error +
           ": its key is not known, and ssh may note no new one: add it to the known hosts, or "
           "allow that by StrictHostKeyChecking";
  if (mentions(error, "no end after"))
    return error + ": it hangs, or is very slow: restart it where it stays so";
  return error;
}

std::vector<std::string> faults_of(const Look& look, const Machine& machine) {
  std::vector<std::string> faults;
  const std::string& system = look.value("system");
  if (system != "debian 12" && system != "raspbian 12")
    faults.push_back(fmt::format("{}: it runs {}: Debian 12 or Raspberry Pi OS 12 is needed",
                                 machine.name, system));
  if (!look.is("systemd"))
    faults.push_back(machine.name + ": it was not booted by systemd, which runs the services");
  if (look.is("read-only")) faults.push_back(fmt::format("{}: {}", machine.name, kReadOnly));
  if (const auto taken = words(look.value("taken")); taken.size() == 2)
    faults.push_back(fmt::format(
        "{0}: {1} listens on port {2} there, which {3} needs: end it (systemctl disable "
        "--now {1}), or give it another port",
        machine.name, taken[1], taken[0],
        machine.role == Role::kBalancer ? "the balancer" : "the web server"));
  const auto at_least = [&](const char* key, std::uint64_t least, const char* of_what) {
    const std::uint64_t found = parse_number(look.value(key)).value_or(0);
    if (found < least)
      faults.push_back(
          fmt::format("{}: {} MiB {}: {} MiB are needed", machine.name, found, of_what, least));
  };
  at_least("memory", kMemoryMin, "of memory");
  at_least("disk", kDiskMin, "are free on /");
  // A server on the Internet may have its address from a router before it; a node in a LAN has not.
  const std::string& addresses = look.value("addresses");
  const auto own = words(addresses);
  if (machine.role == Role::kNode && !own.empty() &&
      std::find(own.begin(), own.end(), machine.address) == own.end())
    faults.push_back(fmt::format(
        "{}: {} is not its address, it has {}: correct the file, or the ssh_config that leads to "
        "another machine",
        machine.name, machine.address, fmt::join(own, " and ")));
  return faults;
}

void tell_clocks(std::vector<Reached>& reached) {
  std::vector<milliseconds> all;
  for (const Reached& one : reached)
    if (one.answered) all.push_back(one.clock_ahead);
  if (all.size() < 2) return;
  std::sort(all.begin(), all.end());
  const milliseconds usual = all[(all.size() - 1) / 2];
  for (Reached& one : reached) {
    if (!one.answered || std::chrono::abs(one.clock_ahead - usual) <= kClockTolerance) continue;
    const milliseconds off = one.clock_ahead - usual;
    one.faults.push_back(
        fmt::format("{}: its clock is {} {} the others: wait for NTP, or set it from where the "
                    "time is right: ssh {} sudo date -s @$(date +%s)",
                    one.machine, human_duration(std::chrono::abs(off)),
                    off.count() < 0 ? "behind" : "ahead of", one.login));
  }
}

std::vector<std::string> faults_of_listen(const Look& look, const Machine& machine,
                                          const std::vector<std::string>& listen) {
  std::vector<std::string> faults;
  const std::string& addresses = look.value("addresses");
  const auto own = words(addresses);
  for (const std::string& one : listen) {
    const std::string address = one.substr(0, one.rfind(':'));
    if (address == "0.0.0.0" || own.empty() || std::ranges::count(own, address) > 0) continue;
    faults.push_back(fmt::format(
        "{}: it is to listen on {}, but has {}: write listen = [\"0.0.0.0:{}\"] under [balancer]",
        machine.name, one, fmt::join(own, " and "), one.substr(one.rfind(':') + 1)));
  }
  return faults;
}

// Each boot of a kernel has an identity of its own, and each container there a network.
void tell_twins(std::vector<Reached>& reached) {
  std::map<std::string, std::string> names;
  for (Reached& one : reached) {
    const std::string& boot = one.look.value("boot");
    if (words(boot).size() != 2) continue;  // not known
    const auto [first, is_new] = names.emplace(boot, one.machine);
    if (!is_new)
      one.faults.push_back(fmt::format(
          "{} and {} are the same machine: correct the file, or the ssh_config that leads there",
          first->second, one.machine));
  }
}

std::vector<Reached> reach_all(const Site& site) {
  const std::vector<Machine> machines = site.cluster().machines();
  std::vector<Reached> all(machines.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < machines.size(); ++i)
    threads.emplace_back([&, i] { all[i] = reach(site, machines[i]); });
  for (std::thread& thread : threads) thread.join();
  tell_clocks(all);
  tell_twins(all);
  return all;
}

bool all_well(const std::vector<Reached>& reached) {
  return std::all_of(reached.begin(), reached.end(),
                     [](const Reached& one) { return one.faults.empty(); });
}

std::vector<StepReport> reports_of(const std::vector<Reached>& reached) {
  std::vector<StepReport> reports;
  for (const Reached& one : reached)
    reports.push_back({.machine = one.machine,
                       .step = "reach",
                       .verdict = one.faults.empty() ? Verdict::kOk : Verdict::kFailed,
                       .changes = {},
                       .error = join(one.faults, "\n")});
  return reports;
}

}  // namespace bramble::provision
