// SPDX-License-Identifier: Apache-2.0
#include "child_process.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "base/result.hh"

namespace bramble::test {
namespace {

constexpr std::chrono::seconds kPatience{60};

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  BRAMBLE_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

[[noreturn]] void become(const std::vector<std::string>& argv, int out, int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execv(words[0], words.data());
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv) {
  Pipe out = make_pipe(), err = make_pipe();
  pid_ = ::fork();
  BRAMBLE_CHECK(pid_ >= 0);
  if (pid_ == 0) become(argv, out.write.get(), err.write.get());
  out_pipe_ = std::move(out.read);
  err_pipe_ = std::move(err.read);
  out_reader_ = std::thread([this] { read_all(out_pipe_.get(), out_); });
  err_reader_ = std::thread([this] { read_all(err_pipe_.get(), err_); });
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  wait();
  out_reader_.join();
  err_reader_.join();
}

void ChildProcess::read_all(int fd, std::string& into) {
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    if (got <= 0) {
      --open_pipes_;
      return;
    }
    into.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string ChildProcess::after(const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::unique_lock lock(mutex_);
  for (bool late = false;;) {
    const std::size_t at = err_.find(text);
    const std::size_t end = at == std::string::npos ? at : err_.find('\n', at);
    if (end != std::string::npos) return err_.substr(at + text.size(), end - at - text.size());
    if (open_pipes_ == 0 || late) return "";
    late = changed_.wait_until(lock, until) == std::cv_status::timeout;
  }
}

void ChildProcess::signal(int number) {
  if (status_ < 0) ::kill(pid_, number);
}

int ChildProcess::wait() {
  if (status_ >= 0) return status_;
  int status = 0;
  BRAMBLE_CHECK(::waitpid(pid_, &status, 0) == pid_);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  // Its last words may still be on their way to us. A child of its own may hold the pipes for
  // longer.
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(1), [&] { return open_pipes_ == 0; });
  return status_;
}

int ChildProcess::stop() {
  signal(SIGTERM);
  return wait();
}

bool ChildProcess::ends_within(std::chrono::milliseconds time) const {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    siginfo_t ended = {};
    BRAMBLE_CHECK(::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) ==
                  0);
    if (ended.si_pid == pid_) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void ChildProcess::stop_and_wait() {
  signal(SIGSTOP);
  BRAMBLE_CHECK(::waitpid(pid_, nullptr, WUNTRACED) == pid_);
}

std::string ChildProcess::out() {
  const std::lock_guard lock(mutex_);
  return out_;
}

std::string ChildProcess::err() {
  const std::lock_guard lock(mutex_);
  return err_;
}

}  // namespace bramble::test
