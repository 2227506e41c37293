// SPDX-License-Identifier: Apache-2.0
#include "node/geo_restart.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/file.hh"
#include "base/process.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

constexpr std::chrono::seconds kCommandPatience{120};

std::string folder_of(const std::string& file) { return std::filesystem::path(file).parent_path(); }

// So that a name that came or went does so also after a loss of power.
Result<void> sync_names(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error("open " + folder);
  if (::fsync(fd.get()) != 0) return errno_error("fsync " + folder);
  return {};
}

}  // namespace

GeoRestart::GeoRestart(const GeoSession& session, Gluster gluster)
    : mark_(session.restart_mark),
      content_(fmt::format("{} {}\n", session.volume, session.target)),
      gluster_(std::move(gluster)) {}

GeoRestart::Gluster GeoRestart::command(const GeoSession& session) {
  return [session](const std::string& verb) -> Result<void> {
    TRY(run_ok(Command{.argv = {"gluster", "--mode=script", "volume", "geo-replication",
                                session.volume, session.target, verb, "force"},
                       .timeout = kCommandPatience}));
    return {};
  };
}

bool GeoRestart::unfinished() const { return content_of(mark_) == content_; }

// Where stop fails, it may have taken effect, or yet do so.
Result<void> GeoRestart::restart() {
  TRY(leave_mark());
  TRY(gluster_("stop"));
  return start();
}

Result<void> GeoRestart::start() {
  TRY(gluster_("start"));
  return take_mark_away();
}

Result<void> GeoRestart::leave_mark() const {
  const std::string folder = folder_of(mark_);
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return errno_error("create the folder " + folder, failed.value());
  TRY(write_file(mark_, content_));
  return sync_names(folder);
}

Result<void> GeoRestart::take_mark_away() const {
  if (::unlink(mark_.c_str()) != 0)
    return errno == ENOENT ? Result<void>() : errno_error("remove " + mark_);
  return sync_names(folder_of(mark_));
}

}  // namespace bramble
