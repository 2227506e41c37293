// SPDX-License-Identifier: Apache-2.0
#include "cli/lab_report.hh"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/table.hh"
#include "base/terminal.hh"
#include "base/text.hh"
#include "lab/gate.hh"

namespace bramble::cli {
namespace {

using lab::HostReport;
using lab::HostState;
using lab::Place;

std::string_view word(HostState state) {
  switch (state) {
    case HostState::kOff:
      return "off";
    case HostState::kBooting:
      return "booting";
    case HostState::kUp:
      return "up";
    case HostState::kUnreachable:
      return "on";
    case HostState::kHung:
      return "hung";
  }
  return "";
}

std::string cable_text(const lab::Cable& cable) {
  if (cable.cut) return "cut";
  return cable.rate ? cable.rate->text() : "in";
}

void print_hosts(const std::vector<HostReport>& reports) {
  Table table({"HOST", "ADDRESS", "STATE", "CABLE", "BOOT"});
  for (const HostReport& report : reports)
    table.add({report.host.name,
               report.host.address,
               {std::string(word(report.state)),
                report.state == HostState::kUp ? Colour::kGreen : Colour::kYellow},
               {cable_text(report.cable), report.cable.cut ? Colour::kRed : Colour::kPlain},
               report.boot_time ? human_duration(*report.boot_time) : ""});
  (void)std::fputs(table.text(colour_wanted(STDOUT_FILENO)).c_str(), stdout);
}

std::string url(const Place& place, const lab::Door& door) {
  return "http://" + place.loopback() + ':' + std::to_string(door.loopback_port) + '/';
}

// What answers there; the site's own pages are whatever was published.
const char* page(const lab::Door& door) {
  return door.reach == lab::Reach::kFromWithin ? "status.json" : "";
}

void print_ways_in(const Place& place) {
  std::string text = "\n";
  for (const lab::Door& door : lab::kDoors)
    text += std::string(door.what) + std::string(14 - std::string_view(door.what).size(), ' ') +
            url(place, door) + page(door) + '\n';
  text += "cluster file  " + place.cluster_file() + "\nssh           sudo ssh -F " +
          place.ssh_config() + " cluster01\n";
  (void)std::fputs(text.c_str(), stdout);
}

}  // namespace

void print_lab(const Place& place, const std::vector<HostReport>& reports) {
  print_hosts(reports);
  print_ways_in(place);
}

void print_lab_json(const Place& place, const std::vector<HostReport>& reports) {
  nlohmann::json all = {{"name", place.name()}, {"up", !reports.empty()}};
  all["hosts"] = nlohmann::json::array();
  for (const HostReport& report : reports)
    all["hosts"].push_back({{"name", report.host.name},
                            {"address", report.host.address},
                            {"state", word(report.state)},
                            {"cable", cable_text(report.cable)}});
  if (!reports.empty()) {
    for (const lab::Door& door : lab::kDoors) all["urls"][door.what] = url(place, door);
    all["cluster_file"] = place.cluster_file();
    all["ssh_config"] = place.ssh_config();
  }
  (void)std::puts(all.dump(2).c_str());
}

}  // namespace bramble::cli
