// SPDX-License-Identifier: Apache-2.0
// An upgrade: the program on the disk takes over, and no request fails by it.
//
//     start the successor ──it cannot──► told why, and we go on as before
//         ▼ it listens on our sockets, too
//     tell systemd its pid; leave the doors, what waits there is the successor's; drain; end
//         ▼ the successor fails meanwhile: nobody is at the doors, and systemd does not see it
//     end at once: systemd starts the program anew
#include <unistd.h>

#include <utility>

#include "balance/balancer.hh"
#include "base/log.hh"
#include "base/sd_notify.hh"

namespace bramble::balance {

void Balancer::upgrade(Told told) {
  if (const Result<void> free = may_change(); !free.ok()) return told(free);
  sd_notify_reloading(control().now());
  const auto outcome = [this, told](const Result<pid_t>& successor) {
    if (successor.ok()) {
      told({});
      return hand_over_to(*successor);
    }
    sd_notify("READY=1");
    log::error("upgrade: we go on as before: {}", successor.error().what);
    told(successor.error());
  };
  Result<std::unique_ptr<Successor>> started = Successor::start(
      control(), program_, sockets_to_hand_over(), [this, outcome](const Result<pid_t>& successor) {
        const std::unique_ptr<Successor> done = std::move(successor_);
        outcome(successor);
      });
  if (!started.ok()) return outcome(started.error());
  successor_ = *std::move(started);
}

std::vector<HandedSocket> Balancer::sockets_to_hand_over() const {
  std::vector<HandedSocket> sockets;
  for (const Entrance& entrance : entrances_)
    for (const int fd : entrance.fds) sockets.push_back({.fd = fd, .door = Door::kClients});
  for (const int fd : admin_fds_) sockets.push_back({.fd = fd, .door = Door::kAdmin});
  return sockets;
}

void Balancer::hand_over_to(pid_t successor) {
  log::info("process {} hands over to process {}, and finishes what is under way", ::getpid(),
            successor);
  sd_notify(fmt::format("MAINPID={}\nREADY=1", successor));
  handed_over_ = true;
  heartbeat_.reset();
  control_socket_.reset();
  if (admin_) admin_->close();
  drain(Listener::Backlog::kLeave, options_->timeouts.handover);
  Result<std::unique_ptr<SuccessorWatch>> watch =
      SuccessorWatch::start(control(), successor, [this, successor](const std::string& how) {
        log::error("process {}, which took over, {}: we end too, so that it can be started anew",
                   successor, how);
        stop();
      });
  if (watch.ok())
    successor_watch_ = *std::move(watch);
  else
    log::warning("process {} is not watched: {}", successor, watch.error().what);
}

}  // namespace bramble::balance
