// SPDX-License-Identifier: Apache-2.0
#include "ssh/session_lock.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/clock.hh"
#include "base/host_name.hh"
#include "base/interrupt.hh"
#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::chrono::seconds kScriptsWait{300};  // an interrupted apt may take its time
constexpr std::chrono::seconds kAnswerWait = kScriptsWait + std::chrono::seconds(30);
constexpr std::chrono::seconds kBeat{5};
constexpr std::chrono::seconds kPatience{30};  // of the machine: several beats may be late
constexpr std::string_view kLockFile = "/run/bramble-locks/up";

// A connection that is cut without a word keeps its stdin open for hours: so each beat is waited
// for, but not for longer than the patience. Who waits does not hold the lock itself (9>&-).
constexpr std::string_view kLock = R"sh(
mkdir -p -m 700 "$(dirname "$lock")"
say() { echo "$verdict$1"; }
exec 9>>"$lock"
flock -n 9 || { say "taken $(cat "$lock")"; exit 0; }
printf '%s since %s' "$who" "$(date +%H:%M:%S)" >"$lock"
if ! flock -n -x "$scripts" true; then
  say waits
  flock -w "$wait" -x "$scripts" true || { say busy; exit 0; }
fi
say held
while [ -n "$(timeout "$patience" head -c 1 9>&-)" ]; do :; done
)sh";

std::string whoami() {
  const char* user = std::getenv("USER");
  return fmt::format("{} on {}", user == nullptr ? "root" : user, host_name());
}

struct Spawned {
  pid_t pid;
  UniqueFd input;
  UniqueFd output;
};

Result<Spawned> spawn(const std::vector<std::string>& command) {
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0) return errno_error("pipe2");
  UniqueFd in_read(in[0]), in_write(in[1]);
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return errno_error("pipe2");
  UniqueFd out_read(out[0]), out_write(out[1]);

  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in_read.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out_write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out_write.get(), STDERR_FILENO);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // Ctrl-C is for us, not for it
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return errno_error(command[0], failed);
  return Spawned{pid, std::move(in_write), std::move(out_read)};
}

// Up to the line's end, the stream's end, or the deadline.
Result<std::string> next_line(int fd) {
  std::string line;
  const Monotonic deadline = SystemClock().now() + kAnswerWait;
  while (!line.ends_with('\n')) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SystemClock().now());
    if (left.count() <= 0) break;
    std::array<pollfd, 2> fds = {{{fd, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
      return errno_error("poll");
    if (interrupted()) return Error{.code = EINTR, .what = "interrupted"};
    if (fds[0].revents == 0) continue;
    char byte = 0;
    if (::read(fd, &byte, 1) != 1) break;
    line += byte;
  }
  return line;
}

// What ssh, sudo and the start-up files of the remote shell say is passed over. "" where no verdict
// comes: the last words tell why.
Result<std::string> next_verdict(int fd, std::string& last_words) {
  for (;;) {
    const std::string line = TRY(next_line(fd));
    if (const std::size_t at = line.find(kLockVerdict); at != std::string::npos)
      return std::string(trim(line.substr(at + kLockVerdict.size())));
    if (!trim(line).empty()) last_words = trim(line);
    if (!line.ends_with('\n')) return std::string();
  }
}

}  // namespace

std::string lock_script(const LockScript& lock) {
  return fmt::format("who={}\nlock={}\nscripts={}\nwait={}\npatience={}\nverdict={}\n{}",
                     shell_quote(lock.who), shell_quote(lock.lock_file),
                     shell_quote(lock.scripts_file), lock.scripts_wait.count(),
                     lock.patience.count(), shell_quote(kLockVerdict), kLock);
}

Result<std::unique_ptr<SessionLock>> SessionLock::take(SshHost& host, const Tell& tell) {
  const std::vector<std::string> command =
      TRY(host.bare_command(lock_script({.who = whoami(),
                                         .lock_file = std::string(kLockFile),
                                         .scripts_file = std::string(kScriptsLock),
                                         .scripts_wait = kScriptsWait,
                                         .patience = kPatience})));
  Spawned spawned = TRY(spawn(command));
  auto lock = std::make_unique<SessionLock>(spawned.pid, std::move(spawned.input), kBeat, [&host] {
    host.refuse("the connection that held the lock is lost: run `bramble up` again");
  });
  std::string last_words;
  std::string verdict = TRY(next_verdict(spawned.output.get(), last_words));
  if (verdict == "waits") {
    tell(fmt::format("{}: waits for a script of an ended `bramble up`, {} min at most", host.name(),
                     std::chrono::duration_cast<std::chrono::minutes>(kScriptsWait).count()));
    verdict = TRY(next_verdict(spawned.output.get(), last_words));
  }
  if (verdict == "held") return lock;
  if (verdict.starts_with("taken "))
    return failure(
        fmt::format("{}: another `bramble up` is at work there ({}): wait for its end "
                    "(if its connection was lost, {} s)",
                    host.name(), verdict.substr(6), kPatience.count()));
  if (verdict == "busy")
    return failure(
        fmt::format("{}: a script of an ended `bramble up` is still running there: look "
                    "with `lslocks` who holds {}, then try again",
                    host.name(), kScriptsLock));
  return Error{.code = EHOSTUNREACH,
               .retryable = true,
               .what = host.name() + ": the connection ended before the lock was taken" +
                       (last_words.empty() ? "" : ": " + last_words)};
}

SessionLock::SessionLock(pid_t pid, UniqueFd input, std::chrono::milliseconds beat,
                         std::function<void()> lost)
    : pid_(pid), input_(std::move(input)), beat_(beat), lost_(std::move(lost)) {
  ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  thread_ = std::thread([this] { this->beat(); });
}

// A beat that finds no room is none too few: there are beats on their way.
void SessionLock::beat() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, beat_, [this] { return ends_; })) {
    if (::write(input_.get(), ".", 1) < 0 && errno == EPIPE) return lost_();
  }
}

SessionLock::~SessionLock() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
  input_.reset();
  int status = 0;
  for (int i = 0; i < 2000; ++i) {
    if (::waitpid(pid_, &status, WNOHANG) != 0) return;
    ::poll(nullptr, 0, 1);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, &status, 0);
}

}  // namespace bramble
