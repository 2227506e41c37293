// SPDX-License-Identifier: Apache-2.0
// One `bramble up` at a time on a machine. The lock is held there by a process that lives as long
// as our connection does: it is free again when we end, however we end.
//
//     start ──"held"──► held ──destroyed──► stdin closes, the process ends, the lock is free
//        └──"taken …" or "busy"──► Error that says by whom
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "ssh/ssh_host.hh"

namespace bramble {

class SessionLock {
 public:
  // Blocks until the lock is held; waits for scripts of an ended run that are still at work there.
  static Result<std::unique_ptr<SessionLock>> take(SshHost& host);

  SessionLock(pid_t pid, UniqueFd input) : pid_(pid), input_(std::move(input)) {}
  ~SessionLock();
  SessionLock(const SessionLock&) = delete;
  SessionLock& operator=(const SessionLock&) = delete;

 private:
  pid_t pid_;
  UniqueFd input_;  // open as long as we hold it
};

}  // namespace bramble
