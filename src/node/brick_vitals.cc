// SPDX-License-Identifier: Apache-2.0
#include "node/brick_vitals.hh"

#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "base/file.hh"
#include "base/text.hh"
#include "node/heal_index.hh"

namespace bramble {
namespace {

// A mount point is on another device than the folder that holds it.
bool is_mounted(const std::string& mount) {
  struct stat here = {};
  struct stat above = {};
  return ::stat(mount.c_str(), &here) == 0 && ::stat((mount + "/..").c_str(), &above) == 0 &&
         here.st_dev != above.st_dev;
}

// glusterd keeps the pid of each brick: vols/web/cluster01-srv-brick-web.pid.
bool is_online(const BrickPlace& place) {
  std::string ending = place.folder + ".pid";
  std::replace(ending.begin(), ending.end(), '/', '-');
  const std::string folder = place.run_folder + "/vols/" + place.volume;
  for (const std::string& name : names_in(folder)) {
    if (!name.ends_with(ending)) continue;
    const Result<std::string> text = read_file(folder + "/" + name);
    const auto pid = text.ok() ? parse_number(trim(*text)) : std::nullopt;
    if (pid && *pid > 0 && (::kill(static_cast<pid_t>(*pid), 0) == 0 || errno == EPERM))
      return true;
  }
  return false;
}

}  // namespace

BrickVitals read_brick_vitals(const BrickPlace& place) {
  BrickVitals vitals{.folder = place.folder};
  struct stat status = {};
  const bool there = ::stat(place.folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  vitals.mounted = there && (place.mount.empty() || is_mounted(place.mount));
  vitals.online = vitals.mounted && is_online(place);
  struct statvfs space = {};
  if (there && ::statvfs(place.folder.c_str(), &space) == 0) {
    vitals.total_bytes = std::uint64_t{space.f_blocks} * space.f_frsize;
    vitals.free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
  }
  if (vitals.mounted) vitals.heals_pending = heals_pending(place.folder);
  return vitals;
}

}  // namespace bramble
