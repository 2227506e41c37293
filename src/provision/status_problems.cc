// SPDX-License-Identifier: Apache-2.0
#include "provision/status_problems.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "provision/look.hh"
#include "provision/plan_text.hh"

namespace bramble::provision {
namespace {

constexpr double kVitalsAgeMax = 20;  // seconds; they are written every two
constexpr double kFreeMin = 0.06;     // below 0.05 GlusterFS writes no more (pool.cc)
constexpr double kLagMax = 60;        // seconds: worse than any rollover, crawl or reboot

constexpr std::string_view kAskTheNodes = "see journalctl -u bramble-vitals on the nodes";
constexpr std::string_view kStartCopying =
    "geo-replication runs on no node: run `bramble up`, which starts it again";
constexpr std::string_view kSplitBrain =
    "it knows {0} in split-brain: gluster volume heal {1} info split-brain there lists what, "
    "gluster volume heal {1} split-brain latest-mtime FILE keeps the newer one";

class Problems {
 public:
  explicit Problems(const Json& document) : document_(document) {}

  std::vector<std::string> all() {
    for (const Json& machine : document_["machines"]) {
      machine_ = &machine;
      if (machine["reachable"] == false) {
        all_.push_back(text_at(machine, "/error"));
        continue;
      }
      look_at_system();
      look_at_brick();
      look_at_volume();
    }
    look_at_heals();
    look_at_copy();
    look_at_balancer();
    return std::move(all_);
  }

 private:
  void add(const std::string& what) { all_.push_back(text_at(*machine_, "/name") + ": " + what); }
  bool is(const char* path, bool value) const { return at(*machine_, path) == value; }

  void look_at_system() {
    for (const auto& [service, state] : (*machine_)["services"].items())
      if (state != "active")
        add(fmt::format("{0} is {1}: run `bramble up`; journalctl -u {0} there tells why", service,
                        state.is_string() ? state.get<std::string>() : "unknown"));
    if (is("/read_only", true)) add(std::string(kReadOnly));
    if (is("/firewall", false))
      add("its firewall is not loaded: run `bramble up`; systemctl status bramble-firewall there "
          "tells why");
    look_at_vitals();
    look_at_throttling();
  }

  void look_at_throttling() {
    std::vector<std::string> why;
    for (const Json& word : at(*machine_, "/vitals/throttling/now"))
      if (word.is_string()) why.push_back(word.get<std::string>());
    if (why.empty()) return;
    const bool hungry = std::ranges::find(why, "under-voltage") != why.end();
    add(fmt::format("it is throttled ({}): give it {}", join(why, ", "),
                    hungry ? "a stronger power supply" : "better cooling"));
  }

  void look_at_vitals() {
    if (at(*machine_, "/services/bramble-vitals") != "active") return;
    const std::optional<double> age = number_at(*machine_, "/vitals_age_seconds");
    if (!age)
      add("it wrote no vitals yet: journalctl -u bramble-vitals there tells why");
    else if (*age > kVitalsAgeMax)
      add(fmt::format("its vitals are {:.0f} s old: run systemctl restart bramble-vitals there",
                      *age));
    else if (*age < -kVitalsAgeMax)
      add(
          fmt::format("its vitals are {:.0f} s ahead of its clock, which was set back: run "
                      "systemctl restart bramble-vitals there",
                      -*age));
  }

  void look_at_brick() {
    if (is("/vitals/brick/mounted", false))
      add("its brick is not mounted: is its disk there? Then run `bramble up`");
    else if (is("/vitals/brick/online", false))
      add("its brick is offline: run `bramble up`, which starts it again");
    const std::optional<double> free = number_at(*machine_, "/vitals/brick/free_bytes");
    const std::optional<double> total = number_at(*machine_, "/vitals/brick/total_bytes");
    if (free && total && *free < *total * kFreeMin)
      add(fmt::format("its brick is full: {} of {} are free; delete files, or get a larger disk",
                      human_bytes(static_cast<std::uint64_t>(*free)),
                      human_bytes(static_cast<std::uint64_t>(*total))));
  }

  void look_at_volume() {
    const std::string trouble = text_at(*machine_, "/vitals/volume/trouble");
    const bool is_node = at(*machine_, "/role") == "node";
    if (is("/vitals/volume/reachable", false))
      add("it does not reach the volume: " + trouble + ": " +
          (is_node ? "switch on the nodes that are off, " : "") + "run `bramble up`");
    else if (!trouble.empty())
      add("it cannot write to the volume: " + trouble +
          ": most nodes must be on, and their bricks have room");
    if (const std::uint64_t split = count_at(*machine_, "/vitals/volume/split_brain"); split > 0)
      add(fmt::format(kSplitBrain, count_of(split, "file"), text_at(document_, "/volume/name")));
  }

  void look_at_heals() {
    if (const std::uint64_t heals = count_at(document_, "/volume/heals_pending"); heals > 0)
      all_.push_back(count_of(heals, "file") +
                     " of the volume to heal: wait, it heals itself while all nodes are on");
  }

  // Whether every node tells that geo-replication's monitor is dead: somebody has stopped it, and
  // they leave that so.
  bool nobody_copies() const {
    return std::ranges::all_of(document_["machines"], [&](const Json& machine) {
      return at(machine, "/role") != "node" ||
             at(machine, "/vitals/georeplication/monitor") == false;
    });
  }

  void look_at_copy() {
    for (const Json& machine : document_["machines"]) {
      if (at(machine, "/role") != "offsite") continue;
      machine_ = &machine;
      const std::optional<double> lag = number_at(document_, "/offsite/lag_seconds");
      if (lag && *lag > kLagMax)
        add(fmt::format("its copy is {:.0f} s behind: {}", *lag,
                        nobody_copies()
                            ? std::string(kStartCopying)
                            : fmt::format("wait where much was written, else {}", kAskTheNodes)));
      else if (machine["reachable"] == true && at(document_, "/offsite/lag_seconds_max").is_null())
        add(fmt::format("how far its copy is behind is not known: {}", kAskTheNodes));
    }
  }

  void look_at_balancer() {
    for (const Json& machine : document_["machines"]) {
      machine_ = &machine;
      if (at(machine, "/services/bramble-balance") == "active" &&
          !document_["balancer"].is_object())
        add("the balancer does not tell of its backends: see systemctl status bramble-balance "
            "there");
    }
    for (const Json& backend : at(document_, "/balancer/backends")) {
      const std::string state = text_at(backend, "/state");
      if (state == "healthy") continue;
      const std::string reason = text_at(backend, "/reason");
      all_.push_back(fmt::format("balancer: {} is {}{}: it is taken in again by itself",
                                 text_at(backend, "/name"), state,
                                 reason == state ? "" : ": " + reason));
    }
  }

  const Json& document_;
  const Json* machine_ = nullptr;  // that is looked at
  std::vector<std::string> all_;
};

}  // namespace

std::vector<std::string> problems_of(const Json& document) { return Problems(document).all(); }

}  // namespace bramble::provision
