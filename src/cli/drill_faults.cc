// SPDX-License-Identifier: Apache-2.0
#include "cli/drill_faults.hh"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "base/clock.hh"
#include "base/interrupt.hh"
#include "cluster/addresses.hh"
#include "drill/connection.hh"
#include "lab/faults.hh"
#include "lab/inside.hh"
#include "net/address.hh"

namespace bramble::cli {
namespace {

using lab::LabHost;
using lab::Narrator;
using lab::Place;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kWholeMax = 120s;
constexpr auto kBetweenLooks = 100ms;

Result<void> power_on(const Place& place, const LabHost& host, Narrator& narrator) {
  TRY(lab::power_on(place, host, narrator));
  return {};
}

Result<void> nothing(const Place&, const LabHost&, Narrator&) { return {}; }

// Long enough that all who waited for it have gone on elsewhere.
constexpr std::array kFaults = {
    DrillFault{"power-cut", lab::power_cut, "power-on", power_on, 3s},
    DrillFault{"cut", lab::cut, "mend", lab::mend, 3s},
    DrillFault{"hang", lab::hang, "wake", lab::wake, 3s},
    DrillFault{"kill", lab::kill, "", nothing, 0s},
};

// A JSON object; discarded where there is none to be had.
json ask(const Result<Address>& address, const std::string& host, std::string_view path) {
  drill::Connection connection;
  std::string body;
  bool untouched = false;
  const bool answered = address.ok() && connection.open(*address).empty() &&
                        connection
                            .ask(
                                drill::request_for(host, std::string(path)),
                                [&](std::string_view bytes) { body += bytes; }, untouched)
                            .empty();
  json document = json::parse(answered ? body : "", nullptr, /*allow_exceptions=*/false);
  return document.is_object() ? document : json(json::value_t::discarded);
}

json balancer_status(const Place& place) {
  return ask(parse_address(fmt::format("{}:{}", place.loopback(), lab::kConsoleDoor.loopback_port)),
             "localhost", "/status.json");
}

// Why not, or "".
std::string why_not_whole(const Place& place, const LabHost& node) {
  json health;
  std::thread([&] {
    if (lab::enter(place, lab::kOperator).ok())
      health =
          ask(parse_address(fmt::format("{}:{}", node.address, kWebPort)), node.name, kHealthPath);
  }).join();
  if (!health.is_object()) return node.name + " does not answer";
  if (!health.contains("cache")) return "";  // a folder
  const json& cache = health["cache"];
  const auto all = cache.value("bricks", 0), connected = cache.value("bricks_connected", 0);
  return connected == all ? ""
                          : fmt::format("{} reads from {} of {} bricks", node.name, connected, all);
}

std::string why_not_whole(const Place& place) {
  const json status = balancer_status(place);
  if (!status.is_object() || !status.contains("backends")) return "the balancer does not answer";
  for (const json& backend : status["backends"]) {
    const std::string name = backend.value("name", ""), state = backend.value("state", "");
    if (backend.value("backup", false)) continue;
    if (state != "healthy")
      return fmt::format("{} is {}: {}", name, state, backend.value("reason", ""));
    if (const LabHost* const node = lab::find_host(name)) {
      std::string why = why_not_whole(place, *node);
      if (!why.empty()) return why;
    }
  }
  return "";
}

}  // namespace

std::vector<std::string> drill_fault_names() {
  std::vector<std::string> names;
  for (const DrillFault& fault : kFaults) names.emplace_back(fault.name);
  return names;
}

const DrillFault* find_drill_fault(const std::string& name) {
  for (const DrillFault& fault : kFaults)
    if (name == fault.name) return &fault;
  return nullptr;
}

std::optional<WentOn> went_on(const Place& place) {
  const json status = balancer_status(place);
  if (!status.is_object() || !status.contains("totals")) return std::nullopt;
  const json& totals = status["totals"];
  return WentOn{.resumes = totals.value("resumes", std::uint64_t{0}),
                .stripes = totals.value("stripes", std::uint64_t{0})};
}

Result<void> wait_until_whole(const Place& place) {
  const Monotonic deadline = SystemClock().now() + kWholeMax;
  for (;;) {
    const std::string why = why_not_whole(place);
    if (why.empty()) return {};
    if (interrupted()) return failure("interrupted");
    if (SystemClock().now() >= deadline)
      return failure(fmt::format("not whole again after {} s: {}", kWholeMax.count(), why));
    pause_for(kBetweenLooks);
  }
}

void pause_for(std::chrono::milliseconds time) {
  pollfd interrupt = {.fd = interrupt_fd(), .events = POLLIN, .revents = 0};
  ::poll(&interrupt, 1, static_cast<int>(time.count()));
}

}  // namespace bramble::cli
