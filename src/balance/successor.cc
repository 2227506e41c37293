// SPDX-License-Identifier: Apache-2.0
#include "balance/successor.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // which glibc 2.36 forgot
#include <sys/pidfd.h>
}

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/file.hh"
#include "base/text.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::seconds kPatience{30};

// What the child needs between fork and exec, where nothing may be allocated any more.
struct Start {
  const char* path = nullptr;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<int> kept;  // descriptors that stay open
  int word = -1;
};

[[noreturn]] void become(const Start& start) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int fd : start.kept) ::fcntl(fd, F_SETFD, 0);
  ::execve(start.path, start.arguments.data(), start.environment.data());
  const int code = errno;
  [[maybe_unused]] const ssize_t told = ::write(start.word, &code, sizeof code);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Ours, without what was meant for this process alone.
std::vector<std::string> environment_with(const std::string& handover) {
  std::vector<std::string> all = {handover};
  for (char** each = ::environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    if (!text.starts_with("WATCHDOG_PID=") && !text.starts_with("BRAMBLE_HANDOVER="))
      all.emplace_back(text);
  }
  return all;
}

std::string handover_of(const std::vector<HandedSocket>& sockets, int word) {
  std::string text = fmt::format("BRAMBLE_HANDOVER=ready={}", word);
  for (const HandedSocket& socket : sockets)
    text += fmt::format(",{}={}", socket.door == Door::kAdmin ? "admin" : "listen", socket.fd);
  return text;
}

}  // namespace

Result<Program> running_program() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) return errno_error("readlink /proc/self/exe");
  Program program{.path = std::string(path.data(), static_cast<std::size_t>(length))};
  constexpr std::string_view kReplaced = " (deleted)";
  if (program.path.ends_with(kReplaced))
    program.path.resize(program.path.size() - kReplaced.size());
  std::string arguments = TRY(read_file("/proc/self/cmdline"));
  if (!arguments.empty()) arguments.pop_back();
  for (const std::string_view argument : split(arguments, '\0'))
    program.arguments.emplace_back(argument);
  // By the name that we were called by, where it is a path: a symlink may lead elsewhere by then.
  std::error_code none;
  if (!program.arguments.empty() && program.arguments[0].find('/') != std::string::npos &&
      std::filesystem::equivalent(program.arguments[0], "/proc/self/exe", none))
    program.path = std::filesystem::absolute(program.arguments[0], none).string();
  return program;
}

Result<std::unique_ptr<Successor>> Successor::start(Loop& loop, const Program& program,
                                                    const std::vector<HandedSocket>& sockets,
                                                    Told told) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("pipe");
  UniqueFd word(ends[0]);
  const UniqueFd its_end(ends[1]);
  std::vector<std::string> arguments = program.arguments;
  std::vector<std::string> environment = environment_with(handover_of(sockets, its_end.get()));
  Start start{.path = program.path.c_str(),
              .arguments = pointers(arguments),
              .environment = pointers(environment),
              .kept = {its_end.get()},
              .word = its_end.get()};
  for (const HandedSocket& socket : sockets) start.kept.push_back(socket.fd);
  const pid_t pid = ::fork();
  if (pid < 0) return errno_error("fork");
  if (pid == 0) become(start);
  std::unique_ptr<Successor> made(new Successor(loop, pid, std::move(word), std::move(told)));
  TRY(loop.watch(made->word_.get(), *made));
  return made;
}

Successor::Successor(Loop& loop, pid_t pid, UniqueFd word, Told told)
    : loop_(loop),
      pid_(pid),
      word_(std::move(word)),
      told_(std::move(told)),
      timer_(*this, &Successor::on_timer) {
  loop_.arm(timer_, kPatience);
}

Successor::~Successor() {
  if (!word_) return;
  loop_.forget(word_.get(), *this);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Successor::on_ready(std::uint32_t) {
  int code = 0;
  const ssize_t got = ::read(word_.get(), &code, sizeof code);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != sizeof code) return end(its_end());
  if (code == 0) return end(pid_);
  (void)its_end();
  end(failure(fmt::format("the new program cannot be started: {}", ::strerror(code))));
}

void Successor::on_timer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  end(failure(
      fmt::format("the new program was not ready within {} s; it was ended", kPatience.count())));
}

// It has closed its end of the pipe without a word: it is ending.
Error Successor::its_end() const {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  if (WIFSIGNALED(status))
    return failure(fmt::format("the new program was ended by signal {}", WTERMSIG(status)));
  return failure(fmt::format(
      "the new program ended with status {} before it was ready: what it said is in the log",
      WEXITSTATUS(status)));
}

void Successor::end(const Result<pid_t>& outcome) {
  loop_.disarm(timer_);
  loop_.forget(word_.get(), *this);
  word_.reset();
  std::exchange(told_, {})(outcome);
}

Result<std::unique_ptr<SuccessorWatch>> SuccessorWatch::start(Loop& loop, pid_t pid,
                                                              Failed failed) {
  UniqueFd process(::pidfd_open(pid, 0));
  if (!process) return errno_error(fmt::format("pidfd_open {}", pid));
  std::unique_ptr<SuccessorWatch> made(
      new SuccessorWatch(loop, pid, std::move(process), std::move(failed)));
  TRY(loop.watch(made->process_.get(), *made));
  return made;
}

SuccessorWatch::SuccessorWatch(Loop& loop, pid_t pid, UniqueFd process, Failed failed)
    : loop_(loop), pid_(pid), process_(std::move(process)), failed_(std::move(failed)) {}

SuccessorWatch::~SuccessorWatch() {
  if (process_) loop_.forget(process_.get(), *this);
}

// It may have ended by its own will, as another has taken its place meanwhile.
void SuccessorWatch::on_ready(std::uint32_t) {
  siginfo_t end{};
  const int known = ::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT);
  loop_.forget(process_.get(), *this);
  process_.reset();
  if (known != 0 || (end.si_code == CLD_EXITED && end.si_status == 0)) return;
  failed_(fmt::format("{} {}",
                      end.si_code == CLD_EXITED ? "has ended with status" : "was ended by signal",
                      end.si_status));
}

}  // namespace bramble::balance
