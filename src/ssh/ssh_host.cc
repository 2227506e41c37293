// SPDX-License-Identifier: Apache-2.0
#include "ssh/ssh_host.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/file.hh"
#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::string_view kControlFolder = "/tmp/bramble-sockets-";
constexpr int kTries = 10;
constexpr int kSshFailed = 255;  // ssh(1), EXIT STATUS

// What ssh itself said, without the banners and warnings before it.
std::string last_line(std::string_view text) {
  const std::vector<std::string_view> all = lines(trim(text));
  if (all.empty()) return "it said nothing";
  std::string_view last = trim(all.back());
  if (last.starts_with("ssh: ")) last.remove_prefix(5);  // it is said by who says this
  if (last.ends_with('.')) last.remove_suffix(1);
  return std::string(last);
}

Error no_ssh() {
  return Error{.code = ENOENT, .what = "ssh: not found: install the package openssh-client"};
}

// An error of run() names its whole command line, script and all: too much for a human.
Error named(const std::string& host, const Script& script, Error error) {
  if (error.code == EINTR) error.what = host + ": interrupted";
  if (error.code == ETIMEDOUT)
    error.what = fmt::format("{}: no end after {}", host, human_duration(script.timeout));
  if (error.code == ENOENT) return no_ssh();
  return error;
}

// Empty where it is another user's, or gone, or somebody holds it.
UniqueFd hold(const std::string& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status = {};
  const bool ours = fd && ::fstat(fd.get(), &status) == 0 && status.st_uid == ::geteuid();
  return ours && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(fd) : UniqueFd();
}

void remove_folder(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

// Folders that killed programs have left: nobody holds them.
void sweep_control_folders() {
  for (const std::string& name : names_in("/tmp")) {
    const std::string folder = "/tmp/" + name;
    if (folder.starts_with(kControlFolder) && hold(folder)) remove_folder(folder);
  }
}

}  // namespace

// Between its making and its holding another program's sweep may come: then there is a next one.
Result<std::unique_ptr<ControlFolder>> ControlFolder::make() {
  sweep_control_folders();
  for (int i = 0; i < kTries; ++i) {
    std::string path = fmt::format("{}XXXXXX", kControlFolder);
    if (::mkdtemp(path.data()) == nullptr) return errno_error("mkdtemp " + path);
    UniqueFd held = hold(path);
    if (held && ::access(path.c_str(), F_OK) == 0)
      return std::make_unique<ControlFolder>(std::move(path), std::move(held));
  }
  return errno_error(fmt::format("lock a folder {}XXXXXX", kControlFolder));
}

ControlFolder::~ControlFolder() { remove_folder(path_); }

SshHost::~SshHost() {
  if (::access(target_.control_path.c_str(), F_OK) != 0) return;
  (void)bramble::run({.argv = ssh_close_command(target_),
                      .timeout = std::chrono::seconds(5),
                      .ignore_interrupt = true});
}

Result<SshDecisions> SshHost::decisions() {
  const std::lock_guard lock(mutex_);
  if (!refused_.empty()) return failure(fmt::format("{}: {}", name(), refused_));
  if (!decided_) {
    const Result<std::string> configuration =
        run_ok({.argv = ssh_configuration_command(target_), .timeout = std::chrono::minutes(1)});
    if (!configuration.ok() && configuration.error().code == ENOENT) return no_ssh();
    decisions_ = decide(target_, TRY(configuration));
    decided_ = true;
  }
  return decisions_;
}

void SshHost::refuse(std::string why) {
  const std::lock_guard lock(mutex_);
  refused_ = std::move(why);
}

Result<std::vector<std::string>> SshHost::bare_command(const std::string& text) {
  const SshDecisions decided = TRY(decisions());
  return ssh_command(target_, decided, remote_root_command(target_.user, text));
}

Result<Outcome> SshHost::run(const Script& script) {
  const std::string remote = remote_script(target_.user, script.text);
  const SshDecisions decided = TRY(decisions());
  Result<Outcome> outcome = bramble::run({.argv = ssh_command(target_, decided, remote),
                                          .input = script.input,
                                          .timeout = script.timeout,
                                          .ignore_interrupt = script.ignore_interrupt});
  if (!outcome.ok()) return named(name(), script, std::move(outcome).error());
  outcome->out = without_greeting(std::move(outcome->out));
  outcome->err = without_greeting(std::move(outcome->err));
  if (outcome->status != kSshFailed) return outcome;
  return Error{.code = EHOSTUNREACH,
               .retryable = true,
               .what = fmt::format("{}: ssh: {}{}", name(), last_line(outcome->err),
                                   cure_for_changed_key(outcome->err))};
}

}  // namespace bramble
