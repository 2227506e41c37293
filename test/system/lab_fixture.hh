// SPDX-License-Identifier: Apache-2.0
// A lab for system tests: real hosts, driven by the bramble program as an operator does.
//
// The lab is named by BRAMBLE_TEST_LAB (default "test"). It is booted afresh by the first test of a
// program that asks for it and taken down at the program's end, unless BRAMBLE_TEST_KEEP_LAB is
// set. With BRAMBLE_TEST_REUSE_LAB it is taken as it is, and left so.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/process.hh"

namespace bramble::test {

class Lab {
 public:
  explicit Lab(std::string name) : name_(std::move(name)) {}

  static std::string default_name();
  static Lab& booted();  // the program's one lab; ends the program where it cannot be booted

  const std::string& name() const { return name_; }
  std::string folder() const { return "/var/lib/bramble/lab/" + name_; }
  std::string ssh_config() const { return folder() + "/ssh_config"; }
  std::string cluster_file() const { return folder() + "/bramble.toml"; }
  std::string operator_netns() const { return "bramble-" + name_ + "-operator"; }

  // bramble lab --name NAME WORDS…
  Outcome lab(std::vector<std::string> words) const;
  // The same, and a test failure where it fails.
  std::string lab_ok(std::vector<std::string> words) const;

  // A command line for the host's shell, as user pi, through plain ssh.
  Outcome ssh(const std::string& host, const std::string& command) const;
  std::string ssh_ok(const std::string& host, const std::string& command) const;

  void power_cut(const std::string& host) const { lab_ok({"power-cut", host}); }
  void power_on(const std::string& host) const { lab_ok({"power-on", host}); }
  void reboot(const std::string& host) const { lab_ok({"reboot", host}); }
  void cut(const std::string& host) const { lab_ok({"cut", host}); }
  void mend(const std::string& host) const { lab_ok({"mend", host}); }
  void slow(const std::string& host, const std::string& rate) const {
    lab_ok({"slow", host, rate});
  }

  // The address of a door as the machine's browser sees it: "http://127.77.1.2:8080/".
  std::string url(const std::string& door) const;

  // Whatever there is on this machine that belongs to the lab, in words; empty after `down`.
  std::vector<std::string> traces() const;

 private:
  std::string name_;
};

const std::vector<std::string>& all_hosts();
const char* program();  // the bramble under test

// Whether it becomes so within that time. Looks that often.
bool eventually(const std::function<bool()>& is_so,
                std::chrono::seconds within = std::chrono::seconds(60),
                std::chrono::milliseconds each = std::chrono::milliseconds(100));

// Tests of what needs root are skipped without it.
class LabTest : public ::testing::Test {
 protected:
  void SetUp() override;
  Lab& lab() { return Lab::booted(); }
};

}  // namespace bramble::test
