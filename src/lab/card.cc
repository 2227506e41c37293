// SPDX-License-Identifier: Apache-2.0
#include "lab/card.hh"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hh"
#include "base/process.hh"
#include "lab/disk.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kPi = 1000;           // the first user of a Debian
constexpr int kNewPartitionsMax = 6;  // that a guest may add

// Written last, so that a card whose personalising was cut short is done again.
constexpr const char* kMark = "/etc/lab-host";

struct CardFile {
  std::string path;
  std::string content;
  mode_t mode = 0644;
  uid_t owner = 0;
};

Result<void> put(const std::string& root, const CardFile& file) {
  TRY(write_file(root + file.path, file.content, file.mode));
  if (::chown((root + file.path).c_str(), file.owner, file.owner) != 0)
    return errno_error("chown " + root + file.path);
  return {};
}

Result<void> make_ssh_folder(const std::string& root) {
  const std::string folder = root + "/home/pi/.ssh";
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return errno_error("mkdir " + folder);
  if (::chown(folder.c_str(), kPi, kPi) != 0) return errno_error("chown " + folder);
  return {};
}

Result<void> write_own_files(const Place& place, const LabHost& host, const std::string& root) {
  TRY(make_ssh_folder(root));
  const std::string key = place.host_key(host.name);
  const CardFile files[] = {
      {"/etc/systemd/network/10-eth0.network", network_file(host)},
      {"/home/pi/.ssh/authorized_keys", TRY(read_file(place.key() + ".pub")), 0600, kPi},
      {"/etc/ssh/ssh_host_ed25519_key", TRY(read_file(key)), 0600},
      {"/etc/ssh/ssh_host_ed25519_key.pub", TRY(read_file(key + ".pub"))},
  };
  for (const CardFile& file : files) TRY(put(root, file));
  return {};
}

}  // namespace

std::string network_file(const LabHost& host) {
  std::string text = "[Match]\nName=eth0\n\n[Network]\nAddress=" + host.address + "/24\n";
  if (host.network == Network::kLan) text += "Gateway=" + router_address(Network::kLan) + "\n";
  return text;
}

std::string device_links(const std::string& device) {
  std::string text;
  for (int number = 3; number < 3 + kNewPartitionsMax; ++number) {
    const std::string part = partition(device, number);
    text += "L " + part + " - - - - /host-dev/" + part.substr(sizeof "/dev/" - 1) + "\n";
  }
  return text;
}

Result<void> insert_card(const Place& place, const LabHost& host) {
  const std::string disk = place.disk(host.name);
  if (::access(disk.c_str(), F_OK) == 0) return {};
  const std::string beside = disk + ".new";
  TRY(run_ok(
      {"cp", "--sparse=always", "--reflink=auto", "--", place.image() + "/disk.img", beside}));
  if (::rename(beside.c_str(), disk.c_str()) != 0) return errno_error("rename " + beside);
  return {};
}

Result<void> personalise(const Place& place, const LabHost& host, const std::string& device) {
  const std::string root = place.root(host.name);
  TRY(put(root, {"/etc/tmpfiles.d/lab-devices.conf", device_links(device)}));
  if (::access((root + kMark).c_str(), F_OK) == 0) return {};
  TRY(write_own_files(place, host, root));
  return put(root, {kMark, host.name + " of the lab " + place.name() + "\n"});
}

}  // namespace bramble::lab
