// SPDX-License-Identifier: Apache-2.0
#include "node/geo_worker.hh"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.hh"
#include "base/text.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNotAvailable = "N/A";  // gsyncd's own word

// A pid that was given to another program since is not the monitor.
bool is_gsyncd(std::string_view pid) {
  return !pid.empty() &&
         content_of(fmt::format("/proc/{}/cmdline", pid)).find("gsyncd") != std::string::npos;
}

std::optional<std::string> word(const nlohmann::json& status, const char* key) {
  const auto found = status.find(key);
  if (found == status.end() || !found->is_string() || *found == kNotAvailable) return std::nullopt;
  return found->get<std::string>();
}

std::uint64_t number(const nlohmann::json& status, const char* key) {
  const auto found = status.find(key);
  return found != status.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

// One file a brick, "brick_%2Fsrv%2Fbrick%2Fweb.status"; a node has one brick of the volume.
nlohmann::json brick_status(const std::string& folder) {
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with("brick_") || !name.ends_with(".status")) continue;
    auto status =
        nlohmann::json::parse(content_of(folder + "/" + name), nullptr, /*exceptions=*/false);
    if (status.is_object()) return status;
  }
  return nlohmann::json::object();
}

}  // namespace

GeoWorker read_geo_worker(const GeoSession& session) {
  const std::string name =
      fmt::format("{}_{}_{}", session.volume, session.offsite, session.offsite_volume);
  const std::string folder = session.state_folder + "/" + name;
  const std::string pid =
      content_of(fmt::format("{}/gsyncd-{}-{}-{}.pid", session.run_folder, session.volume,
                             session.offsite, session.offsite_volume));
  GeoWorker worker;
  std::error_code unreadable;
  worker.created = fs::exists(folder + "/gsyncd.conf", unreadable);
  // It is written anew at each start, and not synced: a loss of power soon after leaves it empty.
  // And a glusterd that cannot ask gsyncd for its settings as it begins, in a boot that is busy or
  // cut short, calls them corrupted, and waits for ever for somebody who says "start force".
  const std::string text = content_of(folder + "/monitor.status");
  const std::string_view state = trim(text);
  worker.wanted =
      worker.created && (state == "Started" || state.empty() || state == "Config Corrupted");
  worker.monitor = is_gsyncd(trim(pid));
  if (!worker.monitor) return worker;  // what its workers once said is of no worth
  const nlohmann::json status = brick_status(folder);
  worker.status = word(status, "worker_status");
  worker.crawl = word(status, "crawl_status");
  worker.progress = {
      .pending = number(status, "entry") + number(status, "data") + number(status, "meta"),
      .last_synced = number(status, "last_synced"),
      .last_synced_names = number(status, "last_synced_entry")};
  return worker;
}

// gsyncd sends files by `tar --sparse -cf - --files-from -`, one for each batch.
std::optional<std::uint64_t> bytes_carried() {
  std::optional<std::uint64_t> sum;
  for (const std::string& process : names_in("/proc")) {
    if (!parse_number(process)) continue;
    const std::string folder = "/proc/" + process;
    if (content_of(folder + "/comm") != "tar\n") continue;
    if (content_of(folder + "/cmdline").find("--files-from") == std::string::npos) continue;
    for (const std::string_view line : lines(content_of(folder + "/io"))) {
      constexpr std::string_view kRead = "rchar: ";
      if (line.starts_with(kRead))
        sum = sum.value_or(0) + parse_number(line.substr(kRead.size())).value_or(0);
    }
  }
  return sum;
}

}  // namespace bramble
