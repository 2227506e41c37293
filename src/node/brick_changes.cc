// SPDX-License-Identifier: Apache-2.0
#include "node/brick_changes.hh"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/file.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

constexpr off_t kEndBytes = 32 * 1024;  // 400 names, one every 4 s or so

}  // namespace

Journals parse_journals(std::string_view end_of_index) {
  Journals journals;
  for (const std::string_view path : split(end_of_index, '\0')) {
    constexpr std::string_view kName = "/CHANGELOG.";
    const std::size_t name = path.rfind(kName);
    if (name == path.npos) continue;
    if (const auto time = parse_number(path.substr(name + kName.size()))) journals.push_back(*time);
  }
  return journals;
}

std::optional<Journals> read_journals(const std::string& brick_folder) {
  const std::string folder = brick_folder + "/.glusterfs/changelogs/htime";
  std::string newest;  // "HTIME.1700000000": another begins when the journals are switched on anew
  for (const std::string& name : names_in(folder)) newest = std::max(newest, name);
  if (newest.empty()) return std::nullopt;

  const UniqueFd index(::open((folder + "/" + newest).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!index || ::fstat(index.get(), &status) != 0) return std::nullopt;
  std::string end(static_cast<std::size_t>(std::min(status.st_size, kEndBytes)), '\0');
  const ssize_t size =
      ::pread(index.get(), end.data(), end.size(), status.st_size - static_cast<off_t>(end.size()));
  if (size < 0) return std::nullopt;
  end.resize(static_cast<std::size_t>(size));
  return parse_journals(end);
}

}  // namespace bramble
