// SPDX-License-Identifier: Apache-2.0
#include "lab/access.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hh"
#include "base/process.hh"

namespace bramble::lab {
namespace {

Result<void> make_key(const std::string& path, const std::string& comment) {
  if (::access((path + ".pub").c_str(), F_OK) == 0) return {};
  ::unlink(path.c_str());
  TRY(run_ok({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path}));
  return {};
}

std::string machine_text(const char* table, const LabHost& host) {
  return fmt::format("\n{}\nname    = \"{}\"\naddress = \"{}\"\n", table, host.name, host.address);
}

}  // namespace

std::string ssh_config_text(const Place& place, const std::string& program) {
  std::string text;
  for (const LabHost& host : hosts())
    text += fmt::format("Host {}\n  HostName {}\n\n", host.name, host.address);
  return text + fmt::format(R"(Host *
  User pi
  IdentityFile "{}"
  IdentitiesOnly yes
  UserKnownHostsFile "{}"
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  ProxyCommand "{}" lab --name {} proxy %h %p
)",
                            place.key(), place.known_hosts(), program, place.name());
}

std::string cluster_file_text(Scope scope) {
  std::string text = R"(name     = "berry"
timezone = "Europe/Berlin"

[ssh]
user   = "pi"
config = "ssh_config"
)";
  for (const char* name : {"cluster01", "cluster02", "cluster03"})
    text += machine_text("[[node]]", *find_host(name));
  if (scope == Scope::kWhole) {
    text += machine_text("[offsite]", *find_host("cluster04"));
    text += machine_text("[balancer]", *find_host(kBalancerHost)) + "listen  = [\"0.0.0.0:80\"]\n";
  }
  return text + R"(
[volume]
name  = "web"
brick = { free-space = true }

[[site]]
host = "*"
root = "/"
)";
}

Result<void> write_access_files(const Place& place, const std::string& program) {
  TRY(make_key(place.key(), "lab " + place.name()));
  std::string known_hosts;
  for (const LabHost& host : hosts()) {
    std::error_code error;
    std::filesystem::create_directories(place.host_folder(host.name), error);
    if (error) return errno_error("mkdir " + place.host_folder(host.name), error.value());
    TRY(make_key(place.host_key(host.name), host.name));
    known_hosts += host.address + ' ' + TRY(read_file(place.host_key(host.name) + ".pub"));
  }
  TRY(write_file(place.known_hosts(), known_hosts));
  TRY(write_file(place.ssh_config(), ssh_config_text(place, program)));
  return write_file(place.cluster_file(), cluster_file_text(Scope::kWhole));
}

}  // namespace bramble::lab
