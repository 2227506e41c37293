// SPDX-License-Identifier: Apache-2.0
#include "provision/status.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/table.hh"
#include "base/text.hh"
#include "cluster/rules.hh"
#include "provision/json_at.hh"
#include "provision/plan_text.hh"
#include "provision/status_problems.hh"
#include "provision/units.hh"

namespace bramble::provision {
namespace {

Json parsed(const std::optional<std::string>& text) {
  if (!text) return {};
  Json document = Json::parse(*text, nullptr, false);
  return document.is_object() ? document : Json();
}

Json machine_json(const Cluster& cluster, const Machine& machine, const Answer& answer) {
  Json services = Json::object();
  for (const std::string& service : services_of(cluster, machine)) {
    const std::string& state = answer.look.value(service);
    services[service] = state.empty() ? Json() : Json(state);
  }
  const Json vitals = parsed(answer.look.file("/run/bramble/vitals.json"));
  Json json = {{"name", machine.name},
               {"role", word(machine.role)},
               {"address", machine.address},
               {"reachable", answer.error.empty()}};
  if (!answer.error.empty()) json["error"] = answer.error;
  json["services"] = std::move(services);
  const std::string& firewall = answer.look.value("firewall");
  json["firewall"] = firewall.empty() ? Json() : Json(firewall == "yes");
  const std::string& read_only = answer.look.value("read-only");
  json["read_only"] = read_only.empty() ? Json() : Json(read_only == "yes");
  json["vitals"] = vitals;
  const std::optional<double> time = number_at(vitals, "/time");
  json["vitals_age_seconds"] =
      time ? Json(std::strtod(answer.look.value("now").c_str(), nullptr) - *time) : Json();
  return json;
}

// Each copy of a file that is not whole everywhere says so: of nodes that hold the same files, the
// one that knows of most counts. Where none of them tells, nobody knows.
Json volume_json(const Cluster& cluster, const Json& machines) {
  const std::size_t nodes = cluster.nodes.size();
  const std::size_t copies = nodes_of_each_set(nodes);
  std::uint64_t known = 0, online = 0;
  std::vector<std::optional<std::uint64_t>> heals((nodes + copies - 1) / copies);  // of each set
  for (std::size_t i = 0; i < nodes; ++i) {  // machines begin with the nodes
    const Json state = at(machines[i], "/vitals/brick/online");
    if (!state.is_boolean()) continue;
    ++known;
    online += state == true;
    if (!number_at(machines[i], "/vitals/brick/heals_pending")) continue;
    std::optional<std::uint64_t>& most = heals[i / copies];
    most = std::max(most.value_or(0), count_at(machines[i], "/vitals/brick/heals_pending"));
  }
  std::uint64_t pending = 0;
  for (const auto& of_set : heals) pending += of_set.value_or(0);
  const bool all_tell =
      std::ranges::all_of(heals, [](const auto& of_set) { return of_set.has_value(); });
  return {{"name", cluster.volume.name},
          {"bricks", nodes},
          {"bricks_online", known > 0 ? Json(online) : Json()},
          {"bricks_unknown", nodes - known},
          {"heals_pending", all_tell ? Json(pending) : Json()}};
}

// The off-site machine has read what arrived there; the nodes know what did not. The worst word
// counts. Where nobody saw the newest heartbeat arrive, as after a boot, the lag is less than its
// age.
Json offsite_json(const Json& machines) {
  Json offsite, lag, most;
  for (const Json& machine : machines) {
    const Json told = at(machine, "/vitals/georeplication/lag_seconds");
    if (told.is_number() && (lag.is_null() || told > lag)) lag = told;
    if (machine["role"] != "offsite") continue;
    offsite["name"] = machine["name"];
    const std::optional<double> beat = number_at(machine, "/vitals/georeplication/beat_time");
    const std::optional<double> time = number_at(machine, "/vitals/time");
    if (beat && time) most = std::max(*time - *beat, 0.0);
  }
  if (offsite.is_null()) return offsite;
  offsite["lag_seconds"] = lag;
  offsite["lag_seconds_max"] = lag.is_null() ? most : lag;
  return offsite;
}

std::string bytes_cell(const Json& document, const char* path) {
  return at(document, path).is_number() ? human_bytes(count_at(document, path)) : "-";
}

Table::Cell state_cell(const Json& machine) {
  if (machine["reachable"] == false) return {"unreachable", Colour::kRed};
  for (const auto& [service, state] : machine["services"].items())
    if (state != "active")
      return {service.substr(service.find('-') + 1) + " " +
                  (state.is_string() ? state.get<std::string>() : "unknown"),
              Colour::kRed};
  return {"up", Colour::kGreen};
}

Table::Cell brick_cell(const Json& machine) {
  const Json online = at(machine, "/vitals/brick/online");
  if (!online.is_boolean()) return {"-"};
  return online == true ? Table::Cell("online", Colour::kGreen)
                        : Table::Cell("offline", Colour::kRed);
}

std::string table_text(const Json& machines, bool colour) {
  Table table({"MACHINE", "ROLE", "ADDRESS", "STATE", "BRICK", "FREE", "HEALS", "LOAD",
               "MEMORY FREE", "TEMPERATURE"});
  for (const Json& machine : machines) {
    const std::optional<double> load = number_at(machine, "/vitals/load/0");
    const std::optional<double> celsius = number_at(machine, "/vitals/temperature_celsius");
    const Json heals = at(machine, "/vitals/brick/heals_pending");
    table.add({{text_at(machine, "/name")},
               {text_at(machine, "/role")},
               {text_at(machine, "/address")},
               state_cell(machine),
               brick_cell(machine),
               {bytes_cell(machine, "/vitals/brick/free_bytes")},
               {heals.is_number() ? heals.dump() : "-"},
               {load ? fmt::format("{:.2f}", *load) : "-"},
               {bytes_cell(machine, "/vitals/memory/available_bytes")},
               {celsius ? fmt::format("{:.0f} °C", *celsius) : "-"}});
  }
  return table.text(colour);
}

std::string balancer_text(const Json& balancer, bool colour) {
  if (!balancer.is_object()) return "";
  Table table({"BACKEND", "STATE", "IN FLIGHT", "REQUESTS", "FAILURES", "LATENCY"});
  for (const Json& backend : at(balancer, "/backends")) {
    const std::string state = text_at(backend, "/state");
    const bool backup = at(backend, "/backup") == true;
    table.add({{text_at(backend, "/name") + (backup ? " (backup)" : "")},
               {state, state == "healthy" ? Colour::kGreen : Colour::kRed},
               {at(backend, "/in_flight").dump()},
               {at(backend, "/requests").dump()},
               {at(backend, "/failures").dump()},
               {fmt::format("{:.1f} ms", number_at(backend, "/latency_ms").value_or(0))}});
  }
  return "\n" + table.text(colour);
}

std::string volume_text(const Json& volume) {
  const std::uint64_t bricks = count_at(volume, "/bricks"),
                      unknown = count_at(volume, "/bricks_unknown");
  std::string text = fmt::format("volume {}: ", text_at(volume, "/name"));
  if (unknown == bricks) return text + "unknown, no node tells\n";
  text += fmt::format("{} of {} bricks online", count_at(volume, "/bricks_online"), bricks);
  if (unknown > 0) text += fmt::format(", {} unknown", unknown);
  const Json heals = at(volume, "/heals_pending");
  return text + (heals.is_null()
                     ? ", unknown how many files to heal\n"
                     : fmt::format(", {} to heal\n", count_of(heals.get<std::uint64_t>(), "file")));
}

std::string offsite_text(const Json& offsite) {
  if (!offsite.is_object()) return "";
  std::string behind = "unknown how far behind";
  if (const auto lag = number_at(offsite, "/lag_seconds"))
    behind = fmt::format("{:.1f} s behind", *lag);
  else if (const auto most = number_at(offsite, "/lag_seconds_max"))
    behind = fmt::format("not measured yet, less than {:.1f} s behind", *most);
  return fmt::format("off-site copy on {}: {}\n", text_at(offsite, "/name"), behind);
}

std::string verdict_text(const Json& document, bool colour) {
  std::string text;
  for (const Json& problem : document["problems"])
    text += paint("!", Colour::kRed, colour) + " " + problem.get<std::string>() + "\n";
  if (document["healthy"] == true)
    text = paint(text_at(document, "/cluster") + " is well", Colour::kGreen, colour) + "\n";
  return text;
}

}  // namespace

Status status_of(const Cluster& cluster, const std::vector<Answer>& answers, bool colour) {
  Json machines = Json::array();
  Json balancer;
  for (const Answer& answer : answers) {
    machines.push_back(machine_json(cluster, *cluster.find(answer.machine), answer));
    if (const auto told = answer.look.file("balancer")) balancer = parsed(told);
  }
  Json document = {{"cluster", cluster.name},
                   {"healthy", false},
                   {"problems", Json::array()},
                   {"machines", machines},
                   {"volume", volume_json(cluster, machines)},
                   {"offsite", offsite_json(machines)},
                   {"balancer", std::move(balancer)}};
  const std::vector<std::string> problems = problems_of(document);
  document["problems"] = problems;
  document["healthy"] = problems.empty();
  const std::string verdict = verdict_text(document, colour);
  return {.healthy = problems.empty(),
          .json = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n",
          .text = table_text(document["machines"], colour) + "\n" +
                  volume_text(document["volume"]) + offsite_text(document["offsite"]) +
                  balancer_text(document["balancer"], colour) + "\n" + verdict,
          .verdict = verdict};
}

}  // namespace bramble::provision
