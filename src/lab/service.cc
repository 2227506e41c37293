// SPDX-License-Identifier: Apache-2.0
#include "lab/service.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "base/process.hh"
#include "base/unique_fd.hh"

namespace bramble::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kKillMax = 30s;

Result<void> redirect(const std::string& log) {
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd out(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!nothing || !out) return errno_error("open " + (nothing ? log : "/dev/null"));
  if (::dup2(nothing.get(), STDIN_FILENO) < 0 || ::dup2(out.get(), STDOUT_FILENO) < 0 ||
      ::dup2(out.get(), STDERR_FILENO) < 0)
    return errno_error("dup2");
  return {};
}

Result<void> go_to_the_background() {
  const pid_t pid = ::fork();
  if (pid < 0) return errno_error("fork");
  if (pid > 0) ::_exit(0);
  if (::setsid() < 0) return errno_error("setsid");
  return {};
}

}  // namespace

std::string own_program() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none);
}

Cgroup group_of(const CgroupLayout& layout, const Place& place, const std::string& part) {
  return {layout, layout.systemd ? "system.slice/" + place.label(part) + ".service"
                                 : "bramble-lab/" + place.name() + '/' + part};
}

Result<void> start_service(const CgroupLayout& layout, const Place& place,
                           const std::string& part) {
  std::vector<std::string> argv;
  if (layout.systemd)
    argv = {"systemd-run", "--quiet", "--collect", "--unit=" + place.label(part),
            "--property=Delegate=yes",
            // What happens to a guest's process is the guest's affair.
            "--property=OOMPolicy=continue", "--property=TasksMax=infinity"};
  argv.insert(argv.end(), {own_program(), "lab", "--name", place.name(), "run", part});
  TRY(run_ok(std::move(argv)));
  return {};
}

Result<void> become_service(const CgroupLayout& layout, const Place& place, const std::string& part,
                            const std::string& log) {
  if (layout.systemd) return redirect(log);
  const Cgroup group = group_of(layout, place, part);
  TRY(group.create());
  TRY(group.join());
  if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) return errno_error("close_range");  // the lock
  TRY(redirect(log));
  return go_to_the_background();
}

Result<void> end_service(const CgroupLayout& layout, const Place& place, const std::string& part) {
  const Cgroup group = group_of(layout, place, part);
  TRY(group.kill_and_wait(kKillMax));
  if (!layout.systemd) {
    group.remove();
    return {};
  }
  // It notices by itself, but later than the name may be wanted again. An unknown unit is fine.
  TRY(run(Command{.argv = {"systemctl", "--quiet", "stop", place.label(part) + ".service"},
                  .ignore_interrupt = true}));
  return {};
}

void remove_lab_group(const CgroupLayout& layout, const Place& place) {
  Cgroup(layout, "bramble-lab/" + place.name()).remove();
  for (const std::string& hierarchy : layout.hierarchies)
    ::rmdir((hierarchy + "/bramble-lab").c_str());
}

}  // namespace bramble::lab
