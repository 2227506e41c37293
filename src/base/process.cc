// SPDX-License-Identifier: Apache-2.0
#include "base/process.hh"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/clock.hh"
#include "base/interrupt.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

constexpr std::size_t kLastWordsMax = 600;  // bytes of a failed program's stderr that we repeat

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("pipe2");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name = std::string_view(*entry).substr(0, std::strcspn(*entry, "=") + 1);
    const bool replaced = std::any_of(added.begin(), added.end(),
                                      [&](const std::string& a) { return a.starts_with(name); });
    if (!replaced) all.emplace_back(*entry);
  }
  all.insert(all.end(), added.begin(), added.end());
  return all;
}

// Between fork and exec: only what is async-signal-safe. The errno of a failure goes up the pipe.
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  int in, out, err, failure;
  int netns;  // -1: stay
};

[[noreturn]] void become(const ChildPlan& plan) {
  ::setpgid(0, 0);
  ::dup2(plan.in, STDIN_FILENO);
  ::dup2(plan.out, STDOUT_FILENO);
  ::dup2(plan.err, STDERR_FILENO);
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (plan.netns < 0 || ::setns(plan.netns, CLONE_NEWNET) == 0)
    ::execvpe(plan.argv[0], plan.argv.data(), plan.environment.data());
  const int code = errno;
  [[maybe_unused]] const ssize_t written = ::write(plan.failure, &code, sizeof code);
  ::_exit(127);
}

// A running child and its three pipes. States: running, then ended (pid_ == 0).
class Child {
 public:
  Child(const Command& command, pid_t pid, UniqueFd in, UniqueFd out, UniqueFd err)
      : command_(command),
        pid_(pid),
        in_(std::move(in)),
        out_(std::move(out)),
        err_(std::move(err)) {
    ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    if (command_.timeout.count() > 0) deadline_ = SystemClock().now() + command_.timeout;
    if (command_.input.empty()) in_.reset();
  }
  ~Child() {
    if (pid_ != 0) end();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Result<Outcome> finish() {
    while (out_ || err_) {
      TRY(wait_for_news());
    }
    TRY(wait_for_exit());
    return std::move(outcome_);
  }

 private:
  std::string name() const { return shell_quote(command_.argv); }

  int milliseconds_left() const {
    if (!deadline_) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - SystemClock().now()).count();
    return static_cast<int>(std::max<decltype(left)>(left, 0));
  }

  Result<void> give_up_if_due() {
    if (!command_.ignore_interrupt && interrupted()) {
      end();
      return Error{.code = EINTR, .what = "interrupted: " + name()};
    }
    if (deadline_ && milliseconds_left() == 0) {
      end();
      return Error{.code = ETIMEDOUT,
                   .retryable = true,
                   .what = name() + ": no end after " + human_duration(command_.timeout)};
    }
    return {};
  }

  Result<void> wait_for_news() {
    const int wake = command_.ignore_interrupt ? -1 : interrupt_fd();
    std::array<pollfd, 4> fds = {{{out_.get(), POLLIN, 0},
                                  {err_.get(), POLLIN, 0},
                                  {in_.get(), POLLOUT, 0},
                                  {wake, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), milliseconds_left()) < 0 && errno != EINTR)
      return errno_error("poll");
    TRY(give_up_if_due());
    if (fds[0].revents != 0) drain(out_, outcome_.out, true);
    if (fds[1].revents != 0) drain(err_, outcome_.err, false);
    if (fds[2].revents != 0) feed();
    return {};
  }

  void drain(UniqueFd& from, std::string& into, bool told) {
    std::array<char, 16384> piece;
    const ssize_t got = ::read(from.get(), piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return from.reset();
    into.append(piece.data(), static_cast<std::size_t>(got));
    if (told && command_.on_output)
      command_.on_output({piece.data(), static_cast<std::size_t>(got)});
  }

  void feed() {
    const ssize_t put =
        ::write(in_.get(), command_.input.data() + fed_, command_.input.size() - fed_);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (put > 0) fed_ += static_cast<std::size_t>(put);
    if (put < 0 || fed_ == command_.input.size()) in_.reset();
  }

  // Its output is closed; it may still run on for a moment (or, as a daemon would, for long).
  Result<void> wait_for_exit() {
    in_.reset();
    for (;;) {
      int status = 0;
      const pid_t ended =
          ::waitpid(pid_, &status, deadline_ || !command_.ignore_interrupt ? WNOHANG : 0);
      if (ended == pid_) {
        pid_ = 0;
        outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return {};
      }
      if (ended < 0 && errno != EINTR) return errno_error("waitpid");
      TRY(give_up_if_due());
      ::poll(nullptr, 0, 1);
    }
  }

  void end() {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  const Command& command_;
  pid_t pid_;
  UniqueFd in_, out_, err_;
  std::size_t fed_ = 0;
  std::optional<Monotonic> deadline_;
  Outcome outcome_;
};

Result<UniqueFd> open_namespace(const std::string& name) {
  if (name.empty()) return UniqueFd();
  UniqueFd fd(::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("open /run/netns/" + name);
  return fd;
}

// A pipe whose reader left must be an EPIPE, not the end of us.
void ignore_sigpipe_once() {
  [[maybe_unused]] static const auto before = std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

Result<Outcome> run(const Command& command) {
  BRAMBLE_CHECK(!command.argv.empty());
  ignore_sigpipe_once();
  Pipe in = TRY(make_pipe());
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  Pipe failure = TRY(make_pipe());
  const UniqueFd netns = TRY(open_namespace(command.network_namespace));
  const std::vector<std::string> environment = environment_with(command.environment);
  const ChildPlan plan{.argv = pointers(command.argv),
                       .environment = pointers(environment),
                       .in = in.read_end.get(),
                       .out = out.write_end.get(),
                       .err = err.write_end.get(),
                       .failure = failure.write_end.get(),
                       .netns = netns.get()};
  const pid_t pid = ::fork();
  if (pid < 0) return errno_error("fork");
  if (pid == 0) become(plan);
  ::setpgid(pid, pid);
  in.read_end.reset();
  out.write_end.reset();
  err.write_end.reset();
  failure.write_end.reset();
  Child child(command, pid, std::move(in.write_end), std::move(out.read_end),
              std::move(err.read_end));
  int code = 0;
  if (::read(failure.read_end.get(), &code, sizeof code) == sizeof code)
    return errno_error(command.argv[0], code);
  return child.finish();
}

Result<std::string> run_ok(const Command& command) {
  Outcome outcome = TRY(run(command));
  if (outcome.ok()) return std::move(outcome.out);
  std::string_view last_words = trim(outcome.err.empty() ? outcome.out : outcome.err);
  if (last_words.size() > kLastWordsMax)
    last_words.remove_prefix(last_words.size() - kLastWordsMax);
  return Error{.code = 0,
               .what = shell_quote(command.argv) + ": exit status " +
                       std::to_string(outcome.status) +
                       (last_words.empty() ? "" : ": " + std::string(last_words))};
}

Result<std::string> run_ok(std::vector<std::string> argv) {
  return run_ok(Command{.argv = std::move(argv)});
}

}  // namespace bramble
