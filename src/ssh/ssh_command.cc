// SPDX-License-Identifier: Apache-2.0
#include "ssh/ssh_command.hh"

#include <fmt/format.h>

#include "base/text.hh"

namespace bramble {
namespace {

// SSH_CONNECTION, which sudo takes away, is handed on: the login shell puts it in.
constexpr std::string_view kEnvironment =
    "env LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
    "SSH_CONNECTION=\"$SSH_CONNECTION\"";

std::vector<std::string> ssh_with_config(const SshTarget& target) {
  std::vector<std::string> argv = {"ssh"};
  if (!target.config.empty()) argv.insert(argv.end(), {"-F", target.config});
  return argv;
}

void add_options(std::vector<std::string>& argv, const std::vector<std::string>& options) {
  for (const std::string& option : options) argv.insert(argv.end(), {"-o", option});
}

// The umask is not the login's, which may be 077: services of other users read what is made here,
// and a script that makes secrets says so itself.
std::string as_root(const std::string& user, const std::string& script) {
  return fmt::format("{}{} sh -eu -c {}", user == "root" ? "" : "sudo -n ", kEnvironment,
                     shell_quote("umask 022\n" + script));
}

}  // namespace

std::vector<std::string> ssh_configuration_command(const SshTarget& target) {
  std::vector<std::string> argv = ssh_with_config(target);
  argv.insert(argv.end(), {"-G", "-l", target.user, "--", target.name});
  return argv;
}

SshDecisions decide(const SshTarget& target, std::string_view configuration) {
  SshDecisions decisions;
  for (const std::string_view line : lines(configuration)) {
    const std::vector<std::string_view> pair = words(line);
    if (pair.size() != 2) continue;
    if (pair[0] == "hostname") decisions.give_address = pair[1] == target.name;
    if (pair[0] == "stricthostkeychecking") decisions.accept_new = pair[1] == "ask";
  }
  return decisions;
}

// "Offending ED25519 key in FILE:LINE", and then "Host key for HOST has changed and …".
std::string cure_for_changed_key(std::string_view said) {
  constexpr std::string_view kHost = "Host key for ", kChanged = " has changed and ";
  constexpr std::string_view kOffending = "Offending ", kFile = " key in ";
  std::string host, file;
  for (const std::string_view line : lines(said)) {
    const std::size_t changed = line.find(kChanged), in = line.find(kFile);
    if (line.starts_with(kHost) && changed != std::string_view::npos)
      host = line.substr(kHost.size(), changed - kHost.size());
    if (line.starts_with(kOffending) && in != std::string_view::npos)
      file = line.substr(in + kFile.size(), line.rfind(':') - in - kFile.size());
  }
  if (host.empty()) return "";
  std::vector<std::string> command = {"ssh-keygen", "-R", host};
  if (!file.empty()) command.insert(command.end(), {"-f", file});
  return ": it is another machine than before, or was set up anew: if you know why, run " +
         shell_quote(command);
}

std::vector<std::string> ssh_command(const SshTarget& target, const SshDecisions& decisions,
                                     const std::string& remote) {
  std::vector<std::string> argv = ssh_with_config(target);
  add_options(argv, {"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5",
                     "ServerAliveCountMax=3", "ControlMaster=auto", "ControlPersist=20",
                     "ControlPath=" + target.control_path, "ForwardAgent=no", "ForwardX11=no",
                     "ClearAllForwardings=yes", "RequestTTY=no", "LogLevel=ERROR"});
  if (decisions.give_address) add_options(argv, {"HostName=" + target.address});
  if (decisions.accept_new) add_options(argv, {"StrictHostKeyChecking=accept-new"});
  argv.insert(argv.end(), {"-l", target.user, "--", target.name, remote});
  return argv;
}

std::vector<std::string> ssh_close_command(const SshTarget& target) {
  std::vector<std::string> argv = ssh_with_config(target);
  add_options(argv, {"ControlPath=" + target.control_path});
  argv.insert(argv.end(), {"-O", "exit", "--", target.name});
  return argv;
}

std::string remote_script(const std::string& user, const std::string& script) {
  return fmt::format(
      "{} sh {}",
      as_root(user, fmt::format("printf {0}\nprintf {0} >&2\nmkdir -p -m 700 {1}\n"
                                "exec flock -o -s {2} sh -eu -c \"$1\"",
                                shell_quote(kScriptBegins), kLocksFolder, kScriptsLock)),
      shell_quote(script));
}

std::string without_greeting(std::string output) {
  if (const std::size_t at = output.find(kScriptBegins); at != std::string::npos)
    output.erase(0, at + kScriptBegins.size());
  return output;
}

std::string remote_root_command(const std::string& user, const std::string& script) {
  return as_root(user, script);
}

}  // namespace bramble
