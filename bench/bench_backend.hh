// SPDX-License-Identifier: Apache-2.0
// The server behind the balancers that are measured: keep-alive, GET /BYTES answers that many
// bytes, POST with a length is answered when its body is there. It does as little as it can: what
// it costs, it costs all contenders.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include "net/listener.hh"
#include "net/loop.hh"

namespace bramble::bench {

class BenchBackend final : Acceptor {
 public:
  explicit BenchBackend(int core);
  ~BenchBackend();
  std::uint16_t port() const { return port_; }

 private:
  void on_connection(UniqueFd fd, const Address& peer) override;

  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Listener> listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void pin_to(int core);  // the calling thread, and what it starts

}  // namespace bramble::bench
