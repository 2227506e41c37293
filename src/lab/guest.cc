// SPDX-License-Identifier: Apache-2.0
#include "lab/guest.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"
#include "lab/disk.hh"
#include "lab/inside.hh"

namespace bramble::lab {
namespace {

using namespace std::chrono_literals;

// ext4 and XFS share it (XFS_IOC_GOINGDOWN, EXT4_IOC_SHUTDOWN).
constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t kWithoutFlushingTheLog = 2;

std::optional<dev_t> parse_device(std::string_view text) {
  const std::vector<std::string_view> pair = split(text, ':');
  if (pair.size() != 2) return std::nullopt;
  const auto major_number = parse_number(pair[0]);
  const auto minor_number = parse_number(pair[1]);
  if (!major_number || !minor_number) return std::nullopt;
  return makedev(static_cast<unsigned>(*major_number), static_cast<unsigned>(*minor_number));
}

// mountinfo writes blanks and backslashes of a path as three octal digits.
std::string unescape(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '\\' || i + 3 >= path.size()) {
      plain += path[i];
      continue;
    }
    plain +=
        static_cast<char>((path[i + 1] - '0') * 64 + (path[i + 2] - '0') * 8 + (path[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

}  // namespace

bool leads_a_guest(std::string_view status) {
  for (const std::string_view line : lines(status)) {
    if (!line.starts_with("NSpid:")) continue;
    const std::vector<std::string_view> numbers = words(line.substr(6));
    return numbers.size() == 2 && numbers.back() == "1";
  }
  return false;
}

std::optional<pid_t> leader(const Cgroup& group) {
  for (const pid_t pid : group.processes()) {
    const Result<std::string> status = read_file("/proc/" + std::to_string(pid) + "/status");
    if (status.ok() && leads_a_guest(*status)) return pid;
  }
  return std::nullopt;
}

bool belongs_to_service(std::string_view groups, std::string_view service) {
  const std::string end = '/' + std::string(service);
  const auto all = lines(groups);
  return std::any_of(all.begin(), all.end(), [&](auto line) { return line.ends_with(end); });
}

std::vector<std::string> mounts_on(std::string_view mountinfo, const std::vector<dev_t>& devices) {
  std::vector<std::string> mounts;
  std::vector<dev_t> left = devices;
  for (const std::string_view line : lines(mountinfo)) {
    const std::vector<std::string_view> field = words(line);
    if (field.size() < 5) continue;
    const std::optional<dev_t> device = parse_device(field[2]);
    const auto found = device ? std::find(left.begin(), left.end(), *device) : left.end();
    if (found == left.end()) continue;
    left.erase(found);
    mounts.push_back(unescape(field[4]));
  }
  return mounts;
}

Result<void> stop_filesystems(const Place& place, const LabHost& host, pid_t leader) {
  const std::optional<std::string> loop = loop_of(place.disk(host.name));
  if (!loop) return {};
  const std::string process = "/proc/" + std::to_string(leader);
  const std::string mountinfo = TRY(read_file(process + "/mountinfo"));
  for (const std::string& mount : mounts_on(mountinfo, device_numbers(*loop))) {
    const std::string path = fmt::format("{}/root{}", process, mount);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return errno_error("open " + path);
    if (::ioctl(fd.get(), kShutdown, &kWithoutFlushingTheLog) != 0)
      return errno_error(fmt::format("stop the filesystem at {} of {}", mount, host.name));
  }
  return {};
}

bool ssh_answers(const Place& place, const LabHost& host) {
  const Result<UniqueFd> connection =
      connect_inside(place, {.address = host.address, .port = 22, .at_most = 300ms});
  return connection.ok() && first_byte_comes(connection->get(), 1s);
}

bool login_works(const Place& place, const LabHost& host) {
  const Result<Outcome> outcome =
      run(Command{.argv = {"ssh", "-F", place.ssh_config(), "-o", "BatchMode=yes", "-o",
                           "ConnectTimeout=5", host.name, "true"},
                  .timeout = 20s});
  return outcome.ok() && outcome->ok();
}

}  // namespace bramble::lab
