// SPDX-License-Identifier: Apache-2.0
// The operator's door: GET /status.json and /metrics, read-only, on the control thread. It asks for
// no password, so it belongs on loopback or inside the tunnel.
#pragma once

#include <memory>

#include "http/application.hh"
#include "http/server.hh"
#include "net/address.hh"
#include "net/loop.hh"

namespace bramble::balance {

class Balancer;

class Admin final : http::Application {
 public:
  Admin(Loop& loop, const Balancer& balancer);

  Result<Address> listen(UniqueFd fd);  // gives the real port
  void close();                         // what is under way is finished

 private:
  std::unique_ptr<http::Pending> on_request(const http::RequestHead& head,
                                            http::ServerConnection& connection) override;

  const Balancer& balancer_;
  http::Server server_;
};

}  // namespace bramble::balance
