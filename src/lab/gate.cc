// SPDX-License-Identifier: Apache-2.0
#include "lab/gate.hh"

#include <fmt/format.h>

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lab/inside.hh"
#include "lab/passage.hh"
#include "lab/topology.hh"
#include "net/address.hh"
#include "net/listener.hh"
#include "net/socket.hh"

namespace bramble::lab {
namespace {

constexpr std::size_t kConnectionsMax = 20'000;  // of a door

class DoorKeeper final : Acceptor {
 public:
  DoorKeeper(Loop& loop, const Place& place, const Door& door, UniqueFd listener)
      : loop_(loop),
        place_(place),
        within_(door.reach == Reach::kFromWithin),
        leads_to_(*parse_address(fmt::format(
            "{}:{}", within_ ? "127.0.0.1" : find_host(kBalancerHost)->address, door.port))),
        listener_(loop, std::move(listener), *this, kConnectionsMax) {}

  Result<void> open() { return listener_.open(); }

 private:
  void on_connection(UniqueFd visitor, const Address& /*peer*/) override {
    if (!let_in(std::move(visitor)).ok()) listener_.connection_closed();
  }

  // The namespace of the balancer's host is another after each of its boots.
  Result<void> let_in(UniqueFd visitor) {
    TRY(enter(place_, within_ ? kBalancerHost : kOperator));
    UniqueFd host = TRY(bramble::connect_to(leads_to_));
    const std::uint64_t number = next_++;
    auto passage = std::make_unique<Passage>(loop_, std::move(visitor), std::move(host),
                                             [this, number] { let_out(number); });
    TRY(passage->open());
    passages_.emplace(number, std::move(passage));
    return {};
  }

  void let_out(std::uint64_t number) {
    passages_.erase(number);
    listener_.connection_closed();
  }

  Loop& loop_;
  const Place& place_;
  const bool within_;
  const Address leads_to_;
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Passage>> passages_;
  Listener listener_;
};

}  // namespace

Result<void> keep_gate(const Place& place) {
  (void)raise_descriptor_limit();
  const std::unique_ptr<Loop> loop = TRY(Loop::create());
  std::vector<std::unique_ptr<DoorKeeper>> keepers;
  for (const Door& door : kDoors) {
    const Address address =
        TRY(parse_address(fmt::format("{}:{}", place.loopback(), door.loopback_port)));
    UniqueFd listener = TRY(listen_on(address, {.share_port = false}));
    keepers.push_back(std::make_unique<DoorKeeper>(*loop, place, door, std::move(listener)));
    TRY(keepers.back()->open());
  }
  loop->run();
  return {};
}

}  // namespace bramble::lab
