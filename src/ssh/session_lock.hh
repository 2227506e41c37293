// SPDX-License-Identifier: Apache-2.0
// One `bramble up` at a time on a machine. The lock is held there by a process that lives as long
// as it hears from us: it is free again when we end, however we end, and when the network between
// us drops without a word.
//
//     start ──"held"──► held ──destroyed──► stdin closes, the process ends, the lock is free
//        │               │ └──no beat within the patience──► the same
//        │               └──the process ended──► lost: the machine refuses all further scripts
//        └──"taken …" or "busy"──► Error that says by whom
//
// A thread of its own sends the beats.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "ssh/ssh_host.hh"

namespace bramble {

// What holds the lock on the machine: a script that says "held", "busy" or "taken BY WHOM" in its
// last line of output, and then ends once no byte comes within the patience. "waits" before it:
// for scripts of an ended run. Before each word stands what tells its line from others' lines.
inline constexpr std::string_view kLockVerdict = "bramble-lock: ";
struct LockScript {
  std::string who;        // for whom the lock is taken: told to others who want it
  std::string lock_file;  // both on the machine
  std::string scripts_file;
  std::chrono::seconds scripts_wait;  // for scripts of an ended run
  std::chrono::seconds patience;
};
std::string lock_script(const LockScript& lock);

class SessionLock {
 public:
  // Blocks until the lock is held; waits for scripts of an ended run that are still at work there,
  // and tells that.
  using Tell = std::function<void(const std::string&)>;
  static Result<std::unique_ptr<SessionLock>> take(SshHost& host, const Tell& tell);

  // The process reads our beats from the input's other end; lost is called once, by the thread that
  // beats, when nobody reads them any more.
  SessionLock(pid_t pid, UniqueFd input, std::chrono::milliseconds beat,
              std::function<void()> lost);
  ~SessionLock();
  SessionLock(const SessionLock&) = delete;
  SessionLock& operator=(const SessionLock&) = delete;

 private:
  void beat();

  const pid_t pid_;
  UniqueFd input_;  // open as long as we hold it
  const std::chrono::milliseconds beat_;
  const std::function<void()> lost_;
  std::mutex mutex_;  // guards ends_
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace bramble
