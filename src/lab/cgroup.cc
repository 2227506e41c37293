// SPDX-License-Identifier: Apache-2.0
#include "lab/cgroup.hh"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"
#include "lab/wait.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

Result<void> put(const std::string& file, std::string_view text) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno_error("open " + file);
  if (::write(fd.get(), text.data(), text.size()) < 0) return errno_error("write " + file);
  return {};
}

// A new group of the cpuset hierarchy (v1) takes no process before it is told its CPUs.
void inherit_cpus(const fs::path& group) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    const Result<std::string> parents = read_file(group.parent_path() / name);
    if (parents.ok() && !trim(*parents).empty()) (void)put(group / name, trim(*parents));
  }
}

Result<void> make_group(const std::string& hierarchy, const std::string& path) {
  fs::path group = hierarchy;
  for (const std::string_view part : split(path, '/')) {
    group /= part;
    std::error_code error;
    const bool made = fs::create_directory(group, error);
    if (error) return errno_error("mkdir " + group.string(), error.value());
    if (made) inherit_cpus(group);
  }
  return {};
}

// Groups go from the leaves up.
void remove_tree(const fs::path& group) {
  std::error_code none;
  for (const std::string& name : names_in(group))
    if (fs::is_directory(fs::symlink_status(group / name, none))) remove_tree(group / name);
  ::rmdir(group.c_str());
}

void gather(const fs::path& group, std::vector<pid_t>& into) {
  const Result<std::string> text = read_file(group / "cgroup.procs");
  if (!text.ok()) return;
  for (const std::string_view line : lines(*text))
    if (const auto pid = parse_number(line)) into.push_back(static_cast<pid_t>(*pid));
  std::error_code none;
  for (const std::string& name : names_in(group))
    if (fs::is_directory(group / name, none)) gather(group / name, into);
}

}  // namespace

Result<CgroupLayout> cgroup_layout(std::string_view mountinfo, bool systemd) {
  CgroupLayout layout{.systemd = systemd, .unified = "", .hierarchies = {}};
  for (const std::string_view line : lines(mountinfo)) {
    const std::vector<std::string_view> field = words(line);
    const auto dash = std::find(field.begin(), field.end(), "-");
    if (field.size() < 5 || field.end() - dash < 2) continue;
    const std::string where(field[4]);
    const std::string_view type = *(dash + 1);
    if ((type != "cgroup" && type != "cgroup2") || !where.starts_with("/sys/fs/cgroup")) continue;
    layout.hierarchies.push_back(where);
    if (type == "cgroup2") layout.unified = where;
  }
  if (layout.unified.empty())
    return failure(
        "no cgroup v2 below /sys/fs/cgroup: mount it "
        "(mount -t cgroup2 none /sys/fs/cgroup) or boot with systemd.unified_cgroup_hierarchy=1");
  return layout;
}

Result<CgroupLayout> probe_cgroups() {
  std::error_code none;
  const std::string mountinfo = TRY(read_file("/proc/self/mountinfo"));
  return cgroup_layout(mountinfo, fs::is_directory("/run/systemd/system", none));
}

Result<void> Cgroup::create() const {
  for (const std::string& hierarchy : layout_.hierarchies) TRY(make_group(hierarchy, path_));
  return {};
}

Result<void> Cgroup::join() const {
  for (const std::string& hierarchy : layout_.hierarchies)
    TRY(put(folder(hierarchy) + "/cgroup.procs", "0"));
  return {};
}

bool Cgroup::populated() const {
  const Result<std::string> events = read_file(folder(layout_.unified) + "/cgroup.events");
  return events.ok() && events->find("populated 1") != std::string::npos;
}

std::vector<pid_t> Cgroup::processes() const {
  std::vector<pid_t> all;
  gather(folder(layout_.unified), all);
  return all;
}

void Cgroup::freeze() const { (void)put(folder(layout_.unified) + "/cgroup.freeze", "1"); }

Result<void> Cgroup::thaw() const { return put(folder(layout_.unified) + "/cgroup.freeze", "0"); }

bool Cgroup::frozen() const {
  const Result<std::string> events = read_file(folder(layout_.unified) + "/cgroup.events");
  return events.ok() && events->find("frozen 1") != std::string::npos;
}

Result<void> Cgroup::kill_and_wait(std::chrono::milliseconds at_most) const {
  const bool gone = wait_regardless(at_most, [&] {
    if (populated()) (void)put(folder(layout_.unified) + "/cgroup.kill", "1");
    return !populated();
  });
  if (gone) return {};
  return failure("processes in " + folder(layout_.unified) + " did not end within " +
                 human_duration(at_most) + " of being killed: see their cgroup.procs");
}

void Cgroup::remove() const {
  for (const std::string& hierarchy : layout_.hierarchies) remove_tree(folder(hierarchy));
}

}  // namespace bramble::lab
