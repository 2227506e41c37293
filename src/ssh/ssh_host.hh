// SPDX-License-Identifier: Apache-2.0
// A machine behind OpenSSH's client: the user's configuration, agent, known hosts and jump hosts
// all hold. The first script opens a connection; all further ones share it (ControlMaster), and it
// is closed with the object. A script is given to the remote shell as one argument, so its input
// may be anything.
//
// A script that is cut off (Ctrl-C, timeout, lost connection) runs on to its own end on the
// machine: SessionLock waits for it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/unique_fd.hh"
#include "ssh/host.hh"
#include "ssh/ssh_command.hh"

namespace bramble {

// A private folder for the sockets of shared connections; gone with the object. It is locked for as
// long: what a killed program leaves, the next one removes.
class ControlFolder {
 public:
  static Result<std::unique_ptr<ControlFolder>> make();
  ControlFolder(std::string path, UniqueFd held) : path_(std::move(path)), held_(std::move(held)) {}
  ~ControlFolder();
  ControlFolder(const ControlFolder&) = delete;
  ControlFolder& operator=(const ControlFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  UniqueFd held_;
};

class SshHost final : public Host {
 public:
  explicit SshHost(SshTarget target) : target_(std::move(target)) {}
  ~SshHost() override;
  SshHost(const SshHost&) = delete;
  SshHost& operator=(const SshHost&) = delete;

  const std::string& name() const override { return target_.name; }
  Result<Outcome> run(const Script& script) override;

  // From now on no script is run: each is refused with these words.
  void refuse(std::string why);

  // The command line that runs the text as root on the machine, past the lock on scripts.
  Result<std::vector<std::string>> bare_command(const std::string& text);

 private:
  Result<SshDecisions> decisions();

  const SshTarget target_;
  std::mutex mutex_;  // guards what follows; held while the first caller asks ssh
  bool decided_ = false;
  SshDecisions decisions_;
  std::string refused_;  // why no script is run; "": they are
};

}  // namespace bramble
