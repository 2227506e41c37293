// SPDX-License-Identifier: Apache-2.0
// bramble lab …: virtual hosts on this machine.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "base/interrupt.hh"
#include "base/text.hh"
#include "cli/commands.hh"
#include "cli/lab_report.hh"
#include "cli/lab_words.hh"
#include "lab/faults.hh"
#include "lab/gate.hh"
#include "lab/inside.hh"
#include "lab/lab.hh"
#include "lab/mains.hh"
#include "lab/relay.hh"
#include "lab/requirements.hh"
#include "lab/service.hh"

namespace bramble::cli {
namespace {

using lab::LabHost;
using lab::Place;
using std::chrono::milliseconds;

// What the flags said.
struct LabFlags {
  std::string name = lab::kUsualLab;
  std::string host;
  std::string rate;
  std::string address;
  std::uint16_t port = 0;
  bool json = false;
};
using Flags = std::shared_ptr<LabFlags>;

int told(const Result<void>& done) { return done.ok() ? kDone : tell(done.error()); }

int told_of(const LabHost&, const Result<void>& done) { return told(done); }

int told_of(const LabHost& host, const Result<milliseconds>& time) {
  if (!time.ok()) return tell(time.error());
  (void)std::printf("%s is up after %s\n", host.name.c_str(), human_duration(*time).c_str());
  return kDone;
}

int up(const Place& place, const LabFlags&) {
  StderrNarrator narrator;
  const auto reports = lab::up(place, narrator);
  if (!reports.ok()) return tell(reports.error());
  print_lab(place, *reports);
  return kDone;
}

int down(const Place& place, const LabFlags&) {
  StderrNarrator narrator;
  if (!std::filesystem::exists(place.folder())) narrator.say("there is no lab " + place.name());
  return told(lab::down(place, narrator));
}

int status(const Place& place, const LabFlags& flags) {
  const auto reports = lab::status(place);
  if (!reports.ok()) return tell(reports.error());
  if (flags.json) return print_lab_json(place, *reports), kDone;
  if (reports->empty()) {
    (void)std::printf("%s\n", place.is_not_up().c_str());
    return kDone;
  }
  print_lab(place, *reports);
  return kDone;
}

// By its namespace `lab down` finds it.
int proxy(const Place& place, const LabFlags& flags) {
  if (const auto entered = lab::enter(place, lab::kOperator); !entered.ok())
    return tell(entered.error());
  const auto socket = lab::connect_to({.address = flags.address, .port = flags.port});
  if (!socket.ok()) return tell(socket.error());
  lab::relay_standard_streams(UniqueFd(::dup(socket->get())));
  ::_exit(kDone);
}

int run_part(const Place& place, const LabFlags& flags) {
  const LabHost* host = lab::find_host(flags.host);
  if (host == nullptr && flags.host != lab::kGate) return tell(failure("no such part of a lab"));
  const std::string log = host != nullptr ? place.log(host->name) : place.file("gate.log");
  const auto layout = lab::probe_cgroups();
  if (!layout.ok()) return tell(layout.error());
  if (const auto become = lab::become_service(*layout, place, flags.host, log); !become.ok())
    return tell(become.error());
  return told(host != nullptr ? lab::keep_powered(place, *host) : lab::keep_gate(place));
}

int ssh(const Place& place, std::vector<std::string> remaining) {
  if (remaining.empty() || lab::find_host(remaining.front()) == nullptr) {
    const std::string name = remaining.empty() ? "" : remaining.front();
    if (!name.starts_with('-')) return tell(no_such_host(name)), kBadUsage;
    return tell(failure("what follows ssh is HOST and its command: options of the lab go before, "
                        "bramble lab --name NAME ssh HOST")),
           kBadUsage;
  }
  // A host that hangs is told, not waited for.
  std::vector<std::string> words = {
      "ssh", "-F", place.ssh_config(), "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5"};
  words.insert(words.end(), remaining.begin(), remaining.end());
  std::vector<char*> argv;
  for (std::string& one : words) argv.push_back(one.data());
  argv.push_back(nullptr);
  if (const auto root = lab::check_root(); !root.ok()) return tell(root.error());
  if (!lab::is_up(place)) return tell(failure(place.is_not_up()));
  ::execvp(argv[0], argv.data());
  return tell(errno_error("ssh"));
}

using Action = int (*)(const Place&, const LabFlags&);

class LabCommands {
 public:
  LabCommands(CLI::App& app, Invocation& invocation)
      : lab_(*app.add_subcommand("lab", "The whole cluster as virtual hosts on this machine")),
        invocation_(invocation) {
    lab_.require_subcommand(1);
    lab_.add_option("--name", flags_->name, "Which lab: several may run at once")
        ->capture_default_str();
    lab_.footer(
        "Example:\n  bramble lab up\n  bramble lab ssh cluster01\n"
        "  bramble lab power-cut cluster02\n  bramble lab down");
  }

  void add_all() {
    add("up",
        "Boot all hosts that are off; the first time, build their image. After a reboot of this "
        "machine the lab is made anew: what was in it is gone",
        up, "bramble lab up");
    add("down", "Remove the lab and all that belongs to it", down, "bramble lab down");
    add("status", "Show hosts, cables and the ways in", status, "bramble lab status --json")
        .add_flag("--json", flags_->json, "Print JSON");
    add_deeds();
    add_ssh();
    add_hidden();
  }

 private:
  CLI::App& describe(const std::string& name, const char* what, const std::string& example) {
    CLI::App& command = *lab_.add_subcommand(name, what);
    command.footer("Example:\n  " + example);
    return command;
  }

  CLI::App& add(const char* name, const char* what, Action action, const char* example) {
    CLI::App& command = describe(name, what, example);
    command.fallthrough();
    command.callback([this, action] {
      invocation_.run = [flags = flags_, action] {
        // Relays and services end by their signals, as any small process does.
        if (action != proxy && action != run_part) catch_interrupts();
        const auto place = Place::of(flags->name);
        return place.ok() ? action(*place, *flags) : (tell(place.error()), kBadUsage);
      };
    });
    return command;
  }

  using HostAction =
      std::function<int(const Place&, const LabHost&, const LabFlags&, lab::Narrator&)>;

  CLI::App& add_for_host(const std::string& name, const char* what, const char* behind,
                         HostAction action) {
    CLI::App& command = describe(name, what, "bramble lab " + name + " cluster02" + behind);
    command.fallthrough();
    command.add_option("HOST", flags_->host, "Which host")->required();
    command.callback([this, action = std::move(action)] {
      invocation_.run = [flags = flags_, action] {
        catch_interrupts();
        const auto place = Place::of(flags->name);
        if (!place.ok()) return tell(place.error()), kBadUsage;
        const LabHost* host = lab::find_host(flags->host);
        if (host == nullptr) return tell(no_such_host(flags->host)), kBadUsage;
        StderrNarrator narrator;
        return action(*place, *host, *flags, narrator);
      };
    });
    return command;
  }

  template <typename Outcome>
  void add_deed(const std::string& name, const char* what,
                Result<Outcome> (*deed)(const Place&, const LabHost&, lab::Narrator&)) {
    add_for_host(name, what, "",
                 [deed](const auto& place, const auto& host, auto&, auto& narrator) {
                   return told_of(host, deed(place, host, narrator));
                 });
  }

  void add_deeds() {
    add_deed("power-cut", "Pull a host's plug: peers see silence, unsynced data is lost",
             lab::power_cut);
    add_deed("power-on", "Boot a host, and wait until one can log in", lab::power_on);
    add_deed("reboot", "Reboot a host cleanly, and wait until one can log in", lab::reboot);
    add_deed("cut", "Pull a host's network cable", lab::cut);
    add_deed("mend", "Put a host's network cable back", lab::mend);
    add_deed("hang",
             "Let all of a host's processes stand still: it takes connections and answers none",
             lab::hang);
    add_deed("wake", "Let them go on", lab::wake);
    add_deed("kill", "End a host's web server (kill -9); its systemd starts another after a second",
             lab::kill);
    add_for_host("slow", "Throttle a host's network cable, both ways", " 100mbit", slow)
        .add_option("RATE", flags_->rate, "Such as 100mbit, 512kbit, 1gbit; off ends it")
        ->required();
  }

  static int slow(const Place& place, const LabHost& host, const LabFlags& flags,
                  lab::Narrator& narrator) {
    if (flags.rate == "off") return told(lab::slow(place, host, std::nullopt, narrator));
    const auto rate = lab::Rate::parse(flags.rate);
    if (!rate.ok()) return tell(rate.error()), kBadUsage;
    return told(lab::slow(place, host, *rate, narrator));
  }

  // Whatever follows the host is the remote command's, dashes or not.
  void add_ssh() {
    CLI::App& command = describe("ssh", "HOST [CMD...]: log in on a host, or run a command there",
                                 "bramble lab ssh cluster01 uptime");
    command.prefix_command();
    command.callback([this, &command] {
      invocation_.run = [flags = flags_, remaining = command.remaining()] {
        const auto place = Place::of(flags->name);
        if (!place.ok()) return tell(place.error()), kBadUsage;
        return ssh(*place, remaining);
      };
    });
  }

  // What the lab's own processes and its ssh configuration call.
  void add_hidden() {
    CLI::App& relay = add("proxy", "Connect standard streams to a host's port", proxy,
                          "bramble lab proxy 10.89.0.11 22");
    relay.add_option("ADDRESS", flags_->address)->required();
    relay.add_option("PORT", flags_->port)->required();
    relay.group("");
    CLI::App& part = add("run", "Be a host's mains, or the gate", run_part, "bramble lab run gate");
    part.add_option("PART", flags_->host)->required();
    part.group("");
  }

  CLI::App& lab_;
  Invocation& invocation_;
  Flags flags_ = std::make_shared<LabFlags>();
};

}  // namespace

void add_lab(CLI::App& app, Invocation& invocation) {
  static std::unique_ptr<LabCommands> commands;
  commands = std::make_unique<LabCommands>(app, invocation);
  commands->add_all();
}

}  // namespace bramble::cli
