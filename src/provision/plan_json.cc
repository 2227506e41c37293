// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "provision/plan_text.hh"

namespace bramble::provision {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const StepReport& report) {
  Json changes = Json::array();
  for (const Change& change : report.changes) changes.push_back(change.what);
  Json json = {{"name", report.step},
               {"verdict", word(report.verdict)},
               {"changes", std::move(changes)},
               {"milliseconds", report.took.count()}};
  if (!report.error.empty()) json["error"] = report.error;
  return json;
}

}  // namespace

std::string plan_json(const Cluster& cluster, const std::vector<StepReport>& reports,
                      const std::string& error) {
  Json machines = Json::array();
  for (const Machine& machine : cluster.machines()) {
    Json steps = Json::array();
    for (const StepReport& report : reports)
      if (report.machine == machine.name) steps.push_back(to_json(report));
    machines.push_back(
        {{"name", machine.name}, {"role", word(machine.role)}, {"steps", std::move(steps)}});
  }
  Json document = {{"cluster", cluster.name},
                   {"changes", count_changes(reports)},
                   {"failed", !error.empty() || any_failed(reports)}};
  if (!error.empty()) document["error"] = error;
  document["machines"] = std::move(machines);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bramble::provision
