// SPDX-License-Identifier: Apache-2.0
#include "lab/requirements.hh"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"

namespace bramble::lab {
namespace {

constexpr std::pair<const char*, const char*> kPrograms[] = {
    {"debootstrap", "debootstrap"},
    {"systemd-nspawn", "systemd-container"},
    {"ip", "iproute2"},
    {"tc", "iproute2"},
    {"nft", "nftables"},
    {"ssh", "openssh-client"},
    {"ssh-keygen", "openssh-client"},
    {"mke2fs", "e2fsprogs"},
    {"e2fsck", "e2fsprogs"},
    {"sfdisk", "fdisk"},
    {"partx", "util-linux"},
    {"unshare", "util-linux"},
    {"setpriv", "util-linux"},
    {"sysctl", "procps"}};

constexpr const char* kInotifyFile = "/proc/sys/fs/inotify/max_user_instances";
constexpr std::uint64_t kInotifyInstances = 4096;  // a guest takes about ten, all as root

bool in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  const std::vector<std::string_view> folders = split(path == nullptr ? "" : path, ':');
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) {
    return ::access((std::string(folder) + '/' + program).c_str(), X_OK) == 0;
  });
}

// `su` leaves a user's PATH to root.
void add_system_folders_to_path() {
  const char* path = std::getenv("PATH");
  const std::string whole = std::string(path == nullptr ? "/bin" : path) + ":/usr/sbin:/sbin";
  ::setenv("PATH", whole.c_str(), 1);
}

// Where modules cannot be loaded, they may be built in: the devices tell.
Result<void> check_devices() {
  if (in_path("modprobe"))
    (void)run(Command{.argv = {"modprobe", "-q", "-a", "loop", "fuse", "tun", "veth", "bridge",
                               "nf_tables", "xfs", "wireguard"}});
  for (const char* device : {"/dev/loop-control", "/dev/fuse", "/dev/net/tun"})
    if (::access(device, F_OK) != 0)
      return failure(std::string("there is no ") + device +
                     ": the lab needs a kernel with loop, fuse and tun");
  return {};
}

void raise_inotify_limit(Narrator& narrator) {
  const Result<std::string> text = read_file(kInotifyFile);
  const auto limit = text.ok() ? parse_number(trim(*text)) : std::nullopt;
  if (!limit || *limit >= kInotifyInstances) return;
  std::ofstream(kInotifyFile) << kInotifyInstances;
  narrator.say("machine: fs.inotify.max_user_instances raised from " + std::to_string(*limit) +
               " to " + std::to_string(kInotifyInstances));
}

}  // namespace

std::vector<std::string> missing_packages(const std::function<bool(const std::string&)>& has) {
  std::vector<std::string> missing;
  for (const auto& [program, package] : kPrograms)
    if (!has(program) && std::find(missing.begin(), missing.end(), package) == missing.end())
      missing.emplace_back(package);
  return missing;
}

Result<void> check_root() {
  if (::geteuid() != 0) return failure("the lab needs root: run the same command with sudo");
  add_system_folders_to_path();
  return {};
}

Result<void> check_machine(Narrator& narrator) {
  TRY(check_root());
  if (!in_path("apt-get") || !in_path("dpkg-deb"))
    return failure("the lab needs a Debian machine: there is no apt-get here");
  const std::vector<std::string> missing = missing_packages(in_path);
  if (!missing.empty())
    return failure("the lab needs some packages: apt-get install " + join(missing, " "));
  TRY(check_devices());
  raise_inotify_limit(narrator);
  return {};
}

}  // namespace bramble::lab
