// SPDX-License-Identifier: Apache-2.0
#include "lab/mains.hh"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/log.hh"
#include "base/process.hh"
#include "lab/card.hh"
#include "lab/disk.hh"
#include "lab/network.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kGuestRebooted = 133;  // systemd-nspawn's exit status
constexpr int kPartitionsMax = 15;   // that we look for on a card

// The machine's mount namespace, which is left for one of our own and visited again: names of
// network namespaces are mounts, and those the machine shall see.
class MountNamespaces {
 public:
  static Result<MountNamespaces> leave_machine() {
    MountNamespaces both;
    both.machine_ = TRY(current());
    if (::unshare(CLONE_NEWNS) != 0) return errno_error("unshare");
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
      return errno_error("mount / as slave");
    both.own_ = TRY(current());
    return both;
  }

  // A fresh network namespace for the host; gives a descriptor of it.
  Result<UniqueFd> plug_in_machine(const Place& place, const LabHost& host) const {
    TRY(enter(machine_));
    const Result<void> plugged = plug(place, host);
    Result<UniqueFd> netns = open_namespace(place.netns_path(host.name));
    TRY(enter(own_));
    TRY(plugged);
    return netns;
  }

 private:
  static Result<UniqueFd> open_namespace(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return errno_error("open " + path);
    return fd;
  }
  static Result<UniqueFd> current() { return open_namespace("/proc/self/ns/mnt"); }
  static Result<void> enter(const UniqueFd& mounts) {
    if (::setns(mounts.get(), CLONE_NEWNS) != 0) return errno_error("setns to mounts");
    return {};
  }

  UniqueFd machine_;
  UniqueFd own_;
};

// What a Pi does at power-on: checks the filesystem, then mounts it.
Result<void> mount_root(const std::string& device, const std::string& where) {
  const Outcome check = TRY(run(Command{.argv = {"e2fsck", "-p", device}}));
  if (check.status > 1) return failure("e2fsck -p " + device + ": " + check.out + check.err);
  std::error_code error;
  fs::create_directories(where, error);
  if (::mount(device.c_str(), where.c_str(), "ext4", MS_NOATIME, nullptr) != 0)
    return errno_error("mount " + device + " at " + where);
  return {};
}

// systemd-nspawn opens the network namespace by our descriptor: it closes those it inherits.
std::vector<std::string> nspawn(const Place& place, const LabHost& host, const LoopDisk& disk,
                                const UniqueFd& netns) {
  std::vector<std::string> argv = {
      "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
      "--machine=" + place.label(host.name), "--directory=" + place.root(host.name),
      // Naming a network namespace drops CAP_NET_ADMIN. Not all: CAP_SYS_TIME would set the
      // machine's clock.
      "--capability=CAP_NET_ADMIN,CAP_SYS_RESOURCE,CAP_IPC_LOCK,CAP_SYSLOG", "--private-users=no",
      // Refused by nspawn alone: `bramble vitals` borrows the tunnel's sockets.
      "--system-call-filter=pidfd_getfd",
      "--network-namespace-path=/proc/" + std::to_string(::getpid()) + "/fd/" +
          std::to_string(netns.get()),
      "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=read-only",
      "--bind=/dev/fuse", "--bind=/dev/net/tun", "--bind=/dev:/host-dev:norbind",
      "--bind-ro=" + place.image() + "/repository:/srv/lab-repo", "--bind=" + disk.device};
  for (int number = 1; number <= kPartitionsMax; ++number)
    if (const std::string part = partition(disk.device, number); fs::exists(part))
      argv.push_back("--bind=" + part);
  return argv;
}

// Runs the guest to its end and gives nspawn's exit status.
Result<int> boot(const std::vector<std::string>& argv, const std::string& screen) {
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                          "SYSTEMD_NSPAWN_API_VFS_WRITABLE=network",
                                          "SYSTEMD_NSPAWN_LOCK=0"};
  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
  };
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, screen.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, argv[0].c_str(), &actions, nullptr, pointers(argv).data(),
                                    pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return errno_error("posix_spawn " + argv[0], failed);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return errno_error("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<void> keep_powered(const Place& place, const LabHost& host) {
  const MountNamespaces mounts = TRY(MountNamespaces::leave_machine());
  TRY(insert_card(place, host));
  const LoopDisk disk = TRY(attach(place.disk(host.name)));
  TRY(mount_root(partition(disk.device, 2), place.root(host.name)));
  TRY(personalise(place, host, disk.device));
  for (;;) {
    const UniqueFd netns = TRY(mounts.plug_in_machine(place, host));
    const int status = TRY(boot(nspawn(place, host, disk, netns), place.screen(host.name)));
    if (status == 0) return {};
    if (status != kGuestRebooted)
      return failure("systemd-nspawn ended with status " + std::to_string(status) + ": see " +
                     place.screen(host.name));
    log::info("{} reboots", host.name);
  }
}

}  // namespace bramble::lab
