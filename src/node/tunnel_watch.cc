// SPDX-License-Identifier: Apache-2.0
#include "node/tunnel_watch.hh"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/log.hh"
#include "cluster/addresses.hh"
#include "node/tunnel_daemon.hh"

namespace bramble {
namespace {

constexpr int kSilentTicks = 2;
constexpr int kTicksBetweenDials = 5;

}  // namespace

bool Silence::tick(bool answered) {
  silent_ = answered ? 0 : silent_ + 1;
  return lasts() && (silent_ - kSilentTicks) % kTicksBetweenDials == 0;
}

bool Silence::lasts() const { return silent_ >= kSilentTicks; }

TunnelWatch::TunnelWatch(const Cluster& cluster, const Machine& machine) {
  if (machine.role != Role::kNode) return;
  for (const Machine& other : cluster.machines()) {
    if (other.role == Role::kNode) continue;
    const std::string inside = tunnel_address(cluster, other.name);
    peers_.push_back(
        {.name = other.name,
         .in_interface = TunnelPeer(inside, fmt::format("{}:{}", other.address, kTunnelPort)),
         .echo = Echo::to(inside),
         .silence = {}});
    if (const Result<Echo>& echo = peers_.back().echo; !echo.ok())
      log::warning("the tunnel to {} is not watched: {}", other.name, echo.error().what);
  }
}

void TunnelWatch::tick() {
  widen_buffers();
  for (Peer& peer : peers_) {
    if (!peer.echo.ok()) continue;
    const bool was_silent = peer.silence.lasts();
    const bool dials = peer.silence.tick(peer.echo->answered());
    if (peer.silence.lasts() != was_silent)
      log::info("{} {}", peer.name,
                was_silent ? "answers in the tunnel again" : "is silent in the tunnel: dialling");
    if (const Result<void> dialled = dials ? peer.in_interface.dial() : Result<void>();
        !dialled.ok())
      log::warning("dial {} anew: {}", peer.name, dialled.error().what);
    peer.echo->ask();
  }
}

// Now and then, as the daemon may be another one, or have other sockets.
void TunnelWatch::widen_buffers() {
  const std::optional<pid_t> daemon = tunnel_daemon("/proc", kTunnelInterface);
  if (!daemon) return;
  const Result<int> widened = bramble::widen_buffers(*daemon);
  if (widened.ok() && *widened > 0)
    log::info("WireGuard runs in user space: {} of its sockets got larger buffers", *widened);
  if (!widened.ok() && !std::exchange(told_, true))
    log::warning(
        "WireGuard runs in user space, and may lose what comes while this machine is busy, "
        "as its buffers could not be made larger: {}",
        widened.error().what);
}

}  // namespace bramble
