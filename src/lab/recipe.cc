// SPDX-License-Identifier: Apache-2.0
#include "lab/recipe.hh"

#include <fmt/format.h>

#include "base/fingerprint.hh"
#include "base/text.hh"

namespace bramble::lab {
namespace {

// Raised by hand when the way a recipe is cooked changes, rather than the recipe.
constexpr int kCooking = 1;

const std::vector<std::string> kBasePackages = {"ca-certificates",
                                                "dbus",
                                                "e2fsprogs",
                                                "fdisk",
                                                "iproute2",
                                                "iputils-ping",
                                                "kmod",
                                                "libpam-systemd",
                                                "nano",
                                                "netbase",
                                                "openssh-server",
                                                "parted",
                                                "procps",
                                                "python3-minimal",
                                                "sudo",
                                                "systemd",
                                                "systemd-sysv",
                                                "systemd-timesyncd",
                                                "tzdata",
                                                "util-linux"};

// All that a provisioner may want to install.
const std::vector<std::string> kRepositoryPackages = {
    "attr",      "curl",          "glusterfs-client", "glusterfs-server", "libbrotli1", "libfmt9",
    "libgfapi0", "libnghttp2-14", "libssl3",          "libzstd1",         "nftables",   "openssl",
    "python3",   "rsync",         "wireguard-go",     "wireguard-tools",  "xfsprogs",   "zlib1g"};

// A container has no udev, so systemd leaves the devices of fstab alone (it does so wherever /sys
// is read-only).
constexpr const char* kFstabUnit = R"([Unit]
Description=Mount what fstab names
DefaultDependencies=no
After=systemd-tmpfiles-setup-dev.service
Before=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount -a -O no_netdev

[Install]
WantedBy=local-fs.target
)";

// A container may not set the clock, which it shares with the machine; everything else about time
// synchronisation can be as on a real host.
constexpr const char* kTimesyncd = R"([Unit]
ConditionCapability=
ConditionVirtualization=

[Service]
AmbientCapabilities=
CapabilityBoundingSet=
)";

constexpr const char* kSetup = R"(set -eu
useradd -m -s /bin/bash -G sudo pi
echo pi:raspberry | chpasswd
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
ln -s /etc/machine-id /var/lib/dbus/machine-id
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime
systemctl -q enable systemd-networkd systemd-timesyncd lab-fstab
systemctl -q mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    fstrim.timer e2scrub_all.timer e2scrub_reap.service getty@.service console-getty.service
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/bootstrap.log
)";

std::vector<ImageFile> files() {
  return {
      {"/etc/hostname", "raspberrypi\n"},
      {"/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\traspberrypi\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/fstab", "# <device> <folder> <type> <options> <dump> <pass>\n"},
      {"/etc/resolv.conf", "# there is no name server in a lab\n"},
      {"/etc/sudoers.d/010_pi-nopasswd", "pi ALL=(ALL) NOPASSWD: ALL\n", 0440},
      {"/etc/ssh/sshd_config.d/lab.conf", "UseDNS no\n"},
      {"/etc/apt/sources.list", "deb [trusted=yes] file:/srv/lab-repo ./\n"},
      {"/etc/systemd/system/lab-fstab.service", kFstabUnit},
      {"/etc/systemd/system/systemd-timesyncd.service.d/lab.conf", kTimesyncd},
  };
}

}  // namespace

std::string DiskLayout::table() const {
  return fmt::format(
      "label: dos\n"
      "start={}MiB, size={}MiB, type=c, bootable\n"
      "start={}MiB, size={}MiB, type=83\n",
      boot_start_mib, boot_mib, root_start_mib(), root_mib);
}

std::string Recipe::fingerprint() const {
  std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}MiB\n{}", kCooking, suite, join(base_packages, " "),
                  join(repository_packages, " "), setup, disk.image_mib, disk.table());
  for (const ImageFile& file : files)
    text += fmt::format("{} {:o} {}\n{}", file.path, file.mode, file.content.size(), file.content);
  return fmt::format("{:016x}", bramble::fingerprint(text));
}

Recipe recipe() {
  return {.suite = "bookworm",
          .base_packages = kBasePackages,
          .repository_packages = kRepositoryPackages,
          .files = files(),
          .setup = kSetup,
          .disk = {.image_mib = 6144, .boot_start_mib = 4, .boot_mib = 64, .root_mib = 2560}};
}

}  // namespace bramble::lab
