// SPDX-License-Identifier: Apache-2.0
// Where everything of one lab lies. All of it is derived from the lab's name, so that labs of
// different names never meet, and a lab whose `up` was killed can be found and cleaned.
#pragma once

#include <string>

#include "base/result.hh"
#include "lab/topology.hh"

namespace bramble::lab {

inline constexpr const char* kLabs = "/var/lib/bramble/lab";
inline constexpr const char* kUsualLab = "lab";  // where no other is named

class Place {
 public:
  // A name is 1 to 16 of a-z, 0-9 and inner dashes.
  static Result<Place> of(const std::string& name);

  const std::string& name() const { return name_; }
  // "bramble lab up", as its user has to write it for this lab.
  std::string command(const std::string& words) const;
  std::string is_not_up() const;  // and what to do
  std::string folder() const { return std::string(kLabs) + '/' + name_; }
  std::string file(const std::string& relative) const { return folder() + '/' + relative; }
  std::string lock_file() const { return "/run/lock/bramble-lab-" + name_; }

  std::string ssh_config() const { return file("ssh_config"); }
  std::string known_hosts() const { return file("known_hosts"); }
  std::string key() const { return file("key"); }
  std::string cluster_file() const { return file("bramble.toml"); }
  std::string image() const { return file("image"); }  // a link to the cached image's folder
  std::string ready_file() const { return file("ready"); }

  // Of one host: its SD card, where that is mounted, its own log and its screen.
  std::string host_folder(const std::string& host) const { return file("hosts/" + host); }
  std::string disk(const std::string& host) const { return host_folder(host) + "/disk.img"; }
  std::string root(const std::string& host) const { return host_folder(host) + "/root"; }
  std::string log(const std::string& host) const { return host_folder(host) + "/power.log"; }
  std::string screen(const std::string& host) const { return host_folder(host) + "/screen.log"; }
  std::string host_key(const std::string& host) const { return host_folder(host) + "/host_key"; }

  // Names that the whole machine shares.
  std::string label(const std::string& part) const { return "bramble-" + name_ + '-' + part; }
  std::string netns(const std::string& part) const { return label(part); }
  std::string netns_path(const std::string& part) const { return "/run/netns/" + label(part); }

  // 127.77.x.y for the doors.
  std::string loopback() const;

 private:
  explicit Place(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

}  // namespace bramble::lab
