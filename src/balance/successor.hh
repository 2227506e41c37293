// SPDX-License-Identifier: Apache-2.0
// The process that takes our place: the program as it lies on the disk now, with our arguments and
// our very listening sockets, so that no connection that waits at the door is lost.
//
//     start ─ fork, exec ─► its word on a pipe: 0 ───────────────► told its pid: we may go
//                             ├─ the errno of exec, or its end ──► told why; we stay
//                             └─ nothing for 30 s: it is ended ──► told why; we stay
//
// See net/inheritance.hh for how it takes them over. Once it has, and for as long as we finish what
// is under way, we alone learn of its end: systemd is told of our children only when we end (its
// own words at a MAINPID that is not its child: "we'll most likely not notice when it exits").
//
// All belongs to the control thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/inheritance.hh"
#include "net/loop.hh"

namespace bramble::balance {

struct Program {
  std::string path;
  std::vector<std::string> arguments;  // argv[0] first
};

// Of this process. To be called early: the path cannot be told once the file was replaced.
Result<Program> running_program();

struct HandedSocket {
  int fd = -1;  // stays ours, too
  Door door = Door::kClients;
};

class Successor final : Watcher {
 public:
  using Told = std::function<void(const Result<pid_t>&)>;  // once, later; may destroy it

  // The loop outlives it.
  static Result<std::unique_ptr<Successor>> start(Loop& loop, const Program& program,
                                                  const std::vector<HandedSocket>& sockets,
                                                  Told told);
  ~Successor();  // ends one that has not told anything yet

 private:
  Successor(Loop& loop, pid_t pid, UniqueFd word, Told told);
  void on_ready(std::uint32_t events) override;
  void on_timer();
  void end(const Result<pid_t>& outcome);
  Error its_end() const;

  Loop& loop_;
  const pid_t pid_;
  UniqueFd word_;
  Told told_;
  TimerOf<Successor> timer_;
};

// Watches the one that took over.
class SuccessorWatch final : Watcher {
 public:
  using Failed = std::function<void(const std::string& how)>;  // once; later

  // Of a child of ours, which is not waited for: systemd shall. The loop outlives it.
  static Result<std::unique_ptr<SuccessorWatch>> start(Loop& loop, pid_t pid, Failed failed);
  ~SuccessorWatch();

 private:
  SuccessorWatch(Loop& loop, pid_t pid, UniqueFd process, Failed failed);
  void on_ready(std::uint32_t events) override;

  Loop& loop_;
  const pid_t pid_;
  UniqueFd process_;
  Failed failed_;
};

}  // namespace bramble::balance
