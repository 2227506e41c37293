// SPDX-License-Identifier: Apache-2.0
// Where `bramble balance --reload` and its like give their orders: a Unix socket that only the
// balancer's own user and root may open. One order a connection:
//
//     client:  reload\n
//     we:      done\n              or   failed: WHAT\n, which may be several lines; then we close
//
// Its file appears by a rename, so that a successor takes the place over without a gap; what goes
// takes it away only where it is still its own. Belongs to the control thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hh"
#include "net/loop.hh"

namespace bramble::balance {

class ControlSocket final : Watcher {
 public:
  using Told = std::function<void(const Result<void>&)>;
  using Obey = std::function<void(const std::string& order, Told told)>;  // told once, later or now

  // The loop outlives it.
  static Result<std::unique_ptr<ControlSocket>> open(Loop& loop, const std::string& path,
                                                     Obey obey);
  // Error: a balancer listens there that lives. Where it is our predecessor, do not ask.
  static Result<void> check_free(const std::string& path);
  ~ControlSocket();

 private:
  class Conversation;
  static constexpr std::size_t kConversationsMax = 16;
  static constexpr std::chrono::milliseconds kStarvedPause{100};

  ControlSocket(Loop& loop, std::string path, Obey obey);
  Result<void> listen();
  void on_ready(std::uint32_t) override { accept_all(); }
  void accept_all();

  Loop& loop_;
  const std::string path_;
  const Obey obey_;
  UniqueFd fd_;
  ino_t inode_ = 0;
  std::vector<std::shared_ptr<Conversation>> conversations_;
  TimerOf<ControlSocket> retry_;
};

}  // namespace bramble::balance
