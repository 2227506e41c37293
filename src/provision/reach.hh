// SPDX-License-Identifier: Apache-2.0
// Before anything else: can every machine be worked with? ssh, root, Debian 12, systemd, a clock
// like the others', room on the disk and in memory. Changes nothing; all faults of all machines at
// once.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provision/look.hh"
#include "provision/runner.hh"
#include "provision/step.hh"

namespace bramble::provision {

struct Reached {
  std::string machine;
  std::string login;                         // "pi@192.168.2.11"
  bool answered = false;                     // a script ran there as root
  std::vector<std::string> faults;           // each with its cure
  Look look;                                 // what it said; see reach.cc
  std::chrono::milliseconds clock_ahead{0};  // of ours
};

// In the machines' order. Blocks, about 10 s where one does not answer.
std::vector<Reached> reach_all(const Site& site);

bool all_well(const std::vector<Reached>& reached);

// As of a step "reach", for who reads the reports of those.
std::vector<StepReport> reports_of(const std::vector<Reached>& reached);

// Pure parts.
std::vector<std::string> faults_of(const Look& look, const Machine& machine);
std::vector<std::string> faults_of_listen(const Look& look, const Machine& machine,
                                          const std::vector<std::string>& listen);
std::string cure_for(const std::string& error, const Machine& machine, const SshOptions& ssh);
void tell_clocks(std::vector<Reached>& reached);  // adds a fault to each clock that goes wrong
void tell_twins(std::vector<Reached>& reached);   // and to the second name of one machine

}  // namespace bramble::provision
