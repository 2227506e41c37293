// SPDX-License-Identifier: Apache-2.0
// The command lines for OpenSSH's client, ssh(1): pure text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bramble {

// A machine as ssh shall reach it.
struct SshTarget {
  std::string name;          // what ssh is called with, so that the user's `Host` blocks apply
  std::string address;       // where it is, unless the user's configuration says otherwise
  std::string user;          // whom we log in as
  std::string config;        // another ssh_config(5); "": the user's own
  std::string control_path;  // the socket of its one shared connection
};

// What the user's configuration leaves open and we decide: read from `ssh -G`.
struct SshDecisions {
  bool give_address = true;  // no HostName is configured for the name
  bool accept_new = true;    // an unknown host key: noted at first sight, since nobody can be asked
};

std::vector<std::string> ssh_configuration_command(const SshTarget& target);  // ssh -G …
SshDecisions decide(const SshTarget& target, std::string_view configuration);

// What to do where ssh said that a host key, its own or that of a machine on the way there, is
// another than the one that was noted; "" where it did not.
std::string cure_for_changed_key(std::string_view said);

std::vector<std::string> ssh_command(const SshTarget& target, const SshDecisions& decisions,
                                     const std::string& remote);
std::vector<std::string> ssh_close_command(const SshTarget& target);

// Where locks lie on a machine: whoever may open one can hold it, so only root may enter.
inline constexpr std::string_view kLocksFolder = "/run/bramble-locks";

// Every script holds this lock (shared, on its machine) while it runs, also when its connection is
// gone: who takes it alone knows that no script of an earlier run is still at work.
inline constexpr std::string_view kScriptsLock = "/run/bramble-locks/scripts";

// What the remote shell is given: the script as root, with a known PATH, language and umask, and
// with sshd's SSH_CONNECTION ("client port server port").
std::string remote_script(const std::string& user, const std::string& script);

// The start-up files of the remote shell may write, too: this stands between that and what the
// script writes, on both streams. As it was where it does not.
inline constexpr std::string_view kScriptBegins = "\n== bramble ==\n";
std::string without_greeting(std::string output);

// The script as root, too, but without the lock on scripts and that line.
std::string remote_root_command(const std::string& user, const std::string& script);

}  // namespace bramble
