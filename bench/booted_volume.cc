// SPDX-License-Identifier: Apache-2.0
#include "booted_volume.hh"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "contender.hh"
#include "lab/access.hh"
#include "lab/inside.hh"
#include "lab/lab.hh"

namespace bramble::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHost = "cluster01";

// `force`: the folder is not a mount's own, as web's is not.
constexpr const char* kMakeStock = R"(sudo sh -c '
gluster volume info stock >/dev/null 2>&1 && exit 0
gluster --mode=script volume create stock replica 3 cluster01:/srv/brick/stock \
  cluster02:/srv/brick/stock cluster03:/srv/brick/stock force && gluster volume start stock')";

Result<void> done(const std::vector<std::string>& argv) {
  TRY(run_ok(Command{.argv = argv, .timeout = 900s}));
  return {};
}

Result<std::string> ssh(const lab::Place& place, const std::string& command) {
  return run_ok({"ssh", "-F", place.ssh_config(), kHost, command});
}

bool is_mounted(const std::string& folder) {
  struct statfs told = {};
  return ::statfs(folder.c_str(), &told) == 0 && told.f_type == FUSE_SUPER_MAGIC;
}

}  // namespace

Result<std::unique_ptr<BootedVolume>> BootedVolume::boot(const std::string& lab) {
  std::unique_ptr<BootedVolume> volume(new BootedVolume(TRY(lab::Place::of(lab))));
  volume->ours_ = !lab::is_up(volume->place_);
  if (volume->ours_) TRY(done({BRAMBLE_PROGRAM, "lab", "--name", lab, "up"}));
  TRY(volume->provision());
  return volume;
}

Result<void> BootedVolume::provision() {
  const std::string file = place_.file("bench.toml");
  // Without an off-site copy and a balancer, who would work beside us.
  TRY(write_file(file, lab::cluster_file_text(lab::Scope::kNodesAlone)));
  TRY(done({BRAMBLE_PROGRAM, "up", "--yes", "-f", file}));
  TRY(ssh(place_, kMakeStock));
  return {};
}

BootedVolume::~BootedVolume() {
  if (!ours_) return;
  if (const auto down = done({BRAMBLE_PROGRAM, "lab", "--name", place_.name(), "down"}); !down.ok())
    (void)std::fprintf(stderr, "bench: %s\n", down.error().what.c_str());
}

Result<void> BootedVolume::enter() const {
  const std::string names = place_.file("hosts.txt");
  const std::string known = TRY(ssh(place_, "cat /etc/hosts"));
  const std::string disk =
      TRY(ssh(place_, "findmnt --noheadings --output SOURCE,FSTYPE /srv/brick"));
  const std::vector<std::string_view> brick = words(disk);
  if (brick.size() != 2) return failure("no brick is mounted");
  TRY(write_file(names, known));
  TRY(lab::enter(place_, kHost));
  if (::unshare(CLONE_NEWNS) != 0) return errno_error("unshare");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount(names.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0)
    return errno_error("mount");
  // A node sees its brick: so do servers here. The partition has another folder's name there.
  const std::string partition = "/dev/" + std::string(brick[0].substr(brick[0].rfind('/') + 1));
  if (::mount("none", "/srv", "tmpfs", 0, "mode=0755") != 0 || ::mkdir("/srv/brick", 0755) != 0 ||
      ::mount(partition.c_str(), "/srv/brick", std::string(brick[1]).c_str(), MS_NOATIME,
              nullptr) != 0)
    return errno_error("mount the brick");
  return {};
}

int measure_on_booted_volume(const std::string& lab,
                             const std::function<Result<void>(const BootedVolume&)>& measure) {
  const auto told = [](const Error& error) {
    (void)std::fprintf(stderr, "bench: %s\n", error.what.c_str());
    return 1;
  };
  const auto volume = BootedVolume::boot(lab);
  if (!volume.ok()) return told(volume.error());
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<void> measured = measure(**volume);
    (void)std::fflush(stdout);
    ::_exit(measured.ok() ? 0 : told(measured.error()));
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}

FuseMount::FuseMount(const std::string& volume, std::string folder) : folder_(std::move(folder)) {
  client_ = std::make_unique<test::ChildProcess>(std::vector<std::string>{
      "/usr/sbin/glusterfs", "--no-daemon", "--process-name", "fuse", "--log-file=/dev/null",
      "--fopen-keep-cache=off", "--auto-invalidation=on", fmt::format("--volfile-server={}", kHost),
      "--volfile-id=" + volume, folder_});
  for (int i = 0; !is_mounted(folder_); ++i) {
    if (i == 1000) {
      (void)std::fprintf(stderr, "bench: the volume %s cannot be mounted\n", volume.c_str());
      std::exit(1);
    }
    std::this_thread::sleep_for(20ms);
  }
}

FuseMount::~FuseMount() {
  (void)::umount2(folder_.c_str(), MNT_DETACH);
  client_->stop();
}

std::chrono::nanoseconds FuseMount::cpu() const { return cpu_of(client_->pid()); }

}  // namespace bramble::bench
