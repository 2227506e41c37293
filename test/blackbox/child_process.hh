// SPDX-License-Identifier: Apache-2.0
// The program under test, as a child process. What it prints is kept; its end is awaited, never
// slept for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hh"

namespace bramble::test {

class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& argv);
  ~ChildProcess();  // ends it by SIGKILL where it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // The rest of the first line on stderr that holds the text, from behind it; "" where the child
  // ended without one, or none came in a minute.
  std::string after(const std::string& text);

  void signal(int number);
  int wait();  // its exit status, or 128 + the signal that ended it; then all it said is here
  int stop();  // SIGTERM, and wait
  bool ends_within(std::chrono::milliseconds time) const;  // wait() is still to be called
  void stop_and_wait();                                    // SIGSTOP, until it stands still

  std::string out();  // what came on stdout so far
  std::string err();

 private:
  void read_all(int fd, std::string& into);

  pid_t pid_ = -1;
  int status_ = -1;
  UniqueFd out_pipe_;
  UniqueFd err_pipe_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_;
  std::string err_;
  int open_pipes_ = 2;
  std::thread out_reader_;
  std::thread err_reader_;
};

}  // namespace bramble::test
