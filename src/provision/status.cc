// SPDX-License-Identifier: Apache-2.0
#include "provision/status.hh"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/table.hh"
#include "base/text.hh"
#include "cluster/rules.hh"
#include "provision/plan_text.hh"
#include "provision/units.hh"

namespace bramble::provision {
namespace {

using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

constexpr double kVitalsAgeMax = 20;  // seconds; they are written every two
constexpr double kFreeMin = 0.06;     // below 0.05 GlusterFS writes no more (pool.cc)
constexpr double kLagMax = 60;        // seconds: worse than any rollover, crawl or reboot

// What stands at the path, or null: machines of another version may say other things.
Json at(const Json& document, const char* path) {
  const Pointer pointer(path);
  return document.contains(pointer) ? document.at(pointer) : Json();
}

std::optional<double> number_at(const Json& document, const char* path) {
  const Json value = at(document, path);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

std::uint64_t count_at(const Json& document, const char* path) {
  const std::optional<double> value = number_at(document, path);
  return value && *value > 0 ? static_cast<std::uint64_t>(*value) : 0;
}

std::string text_at(const Json& document, const char* path) {
  const Json value = at(document, path);
  return value.is_string() ? value.get<std::string>() : "";
}

Json parsed(const std::optional<std::string>& text) {
  if (!text) return {};
  Json document = Json::parse(*text, nullptr, false);
  return document.is_object() ? document : Json();
}

Json machine_json(const Cluster& cluster, const Machine& machine, const Answer& answer) {
  Json services = Json::object();
  for (const std::string& service : services_of(cluster, machine))
    services[service] = answer.look.value(service);
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
// one that knows of most counts.
Json volume_json(const Cluster& cluster, const Json& machines) {
  const std::size_t nodes = cluster.nodes.size();
  const std::size_t copies = nodes <= kNodesOfOneSetMax ? nodes : kNodesOfEachSet;
  std::uint64_t bricks = 0, online = 0, heals = 0, heals_of_set = 0;
  for (const Json& machine : machines) {
    if (machine["role"] != "node") continue;
    if (bricks++ % copies == 0) heals += std::exchange(heals_of_set, 0);
    online += at(machine, "/vitals/brick/online") == true;
    heals_of_set = std::max(heals_of_set, count_at(machine, "/vitals/brick/heals_pending"));
  }
  return {{"name", cluster.volume.name},
          {"bricks", bricks},
          {"bricks_online", online},
          {"heals_pending", heals + heals_of_set}};
}

// The off-site machine has read what arrived there; the nodes know what did not. The worst word
// counts.
Json offsite_json(const Json& machines) {
  Json offsite, lag;
  for (const Json& machine : machines) {
    if (machine["role"] == "offsite") offsite["name"] = machine["name"];
    const Json told = at(machine, "/vitals/georeplication/lag_seconds");
    if (told.is_number() && (lag.is_null() || told > lag)) lag = told;
  }
  if (!offsite.is_null()) offsite["lag_seconds"] = lag;
  return offsite;
}

void add_machine_problems(const Json& machine, std::vector<std::string>& problems) {
  const auto add = [&](const std::string& what) {
    problems.push_back(machine["name"].get<std::string>() + ": " + what);
  };
  if (machine["reachable"] == false) {
    problems.push_back(text_at(machine, "/error"));
    return;
  }
  for (const auto& [service, state] : machine["services"].items())
    if (state != "active") add(fmt::format("{} is {}", service, state.get<std::string>()));
  if (machine["read_only"] == true) add(std::string(kReadOnly));
  if (machine["firewall"] == false)
    add("its firewall is not loaded: see systemctl status bramble-firewall there");
  const std::optional<double> age = number_at(machine, "/vitals_age_seconds");
  if (!age)
    add("it wrote no vitals yet");
  else if (*age > kVitalsAgeMax)
    add(fmt::format("its vitals are {:.0f} s old", *age));
  if (at(machine, "/vitals/brick/mounted") == false) add("its brick is not mounted");
  if (at(machine, "/vitals/brick/online") == false) add("its brick is offline");
  const std::optional<double> free = number_at(machine, "/vitals/brick/free_bytes");
  const std::optional<double> total = number_at(machine, "/vitals/brick/total_bytes");
  if (free && total && *free < *total * kFreeMin)
    add(fmt::format("its brick is full: {} of {} are free; delete files, or get a larger disk",
                    human_bytes(static_cast<std::uint64_t>(*free)),
                    human_bytes(static_cast<std::uint64_t>(*total))));
  if (at(machine, "/vitals/volume/reachable") == false)
    add("it does not reach the volume: " + text_at(machine, "/vitals/volume/trouble"));
  else if (const std::string trouble = text_at(machine, "/vitals/volume/trouble"); !trouble.empty())
    add("it cannot write to the volume: " + trouble);
  if (const std::uint64_t split = count_at(machine, "/vitals/volume/split_brain"); split > 0)
    add(fmt::format("it knows {} in split-brain", count_of(split, "file")));
  if (const Json now = at(machine, "/vitals/throttling/now"); now.is_array() && !now.empty())
    add("it is throttled: " + now.dump());
}

std::vector<std::string> problems_of(const Json& document) {
  std::vector<std::string> problems;
  for (const Json& machine : document["machines"]) add_machine_problems(machine, problems);
  if (const std::uint64_t heals = count_at(document, "/volume/heals_pending"); heals > 0)
    problems.push_back(fmt::format("{} of the volume to heal", count_of(heals, "file")));
  if (document["offsite"].is_object()) {
    const std::optional<double> lag = number_at(document, "/offsite/lag_seconds");
    const std::string name = text_at(document, "/offsite/name");
    if (!lag)
      problems.push_back(name + ": how far its copy is behind is not known");
    else if (*lag > kLagMax)
      problems.push_back(fmt::format("{}: its copy is {:.0f} s behind", name, *lag));
  }
  for (const Json& machine : document["machines"])
    if (at(machine, "/services/bramble-balance") == "active" && !document["balancer"].is_object())
      problems.push_back(machine["name"].get<std::string>() +
                         ": the balancer does not tell of its backends: see systemctl status "
                         "bramble-balance there");
  for (const Json& backend : at(document, "/balancer/backends"))
    if (const std::string state = text_at(backend, "/state"); state != "healthy")
      problems.push_back(fmt::format("balancer: {} is {}: {}", text_at(backend, "/name"), state,
                                     text_at(backend, "/reason")));
  return problems;
}

std::string bytes_cell(const Json& document, const char* path) {
  return at(document, path).is_number() ? human_bytes(count_at(document, path)) : "-";
}

Table::Cell state_cell(const Json& machine) {
  if (machine["reachable"] == false) return {"unreachable", Colour::kRed};
  for (const auto& [service, state] : machine["services"].items())
    if (state != "active")
      return {service.substr(service.find('-') + 1) + " " + state.get<std::string>(), Colour::kRed};
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

std::string status_text(const Json& document, bool colour) {
  const Json& volume = document["volume"];
  std::string text = table_text(document["machines"], colour);
  text += fmt::format("\nvolume {}: {} of {} bricks online, {} to heal\n", text_at(volume, "/name"),
                      count_at(volume, "/bricks_online"), count_at(volume, "/bricks"),
                      count_of(count_at(volume, "/heals_pending"), "file"));
  if (document["offsite"].is_object()) {
    const std::optional<double> lag = number_at(document, "/offsite/lag_seconds");
    text += fmt::format("off-site copy on {}: {}\n", text_at(document, "/offsite/name"),
                        lag ? fmt::format("{:.1f} s behind", *lag) : "unknown how far behind");
  }
  text += balancer_text(document["balancer"], colour) + "\n";
  for (const Json& problem : document["problems"])
    text += paint("!", Colour::kRed, colour) + " " + problem.get<std::string>() + "\n";
  if (document["healthy"] == true)
    text += paint(text_at(document, "/cluster") + " is well", Colour::kGreen, colour) + "\n";
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
  return {.healthy = problems.empty(),
          .json = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n",
          .text = status_text(document, colour)};
}

}  // namespace bramble::provision
