// SPDX-License-Identifier: Apache-2.0
// A node's metrics for Prometheus: GET /metrics, read-only, on one loop. It asks for no password,
// so it belongs on loopback or inside the tunnel. The names are the balancer's where they mean the
// same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/application.hh"
#include "http/server.hh"
#include "net/loop.hh"
#include "node/coded_cache.hh"
#include "node/traffic.hh"
#include "volume/volume.hh"
#include "volume/worker_pool.hh"

namespace bramble {

// What is told of, beside the loops' traffic. All outlive the Admin.
struct NodeFigures {
  const http::LogWriter* log = nullptr;
  const CodedCache* coded = nullptr;
  const WorkerPool* pool = nullptr;
  const Volume* volume = nullptr;
};

// One Traffic a loop. Any thread.
std::string node_metrics(const std::vector<const Traffic*>& traffic, const NodeFigures& figures);

class Admin final : http::Application {
 public:
  Admin(Loop& loop, std::vector<const Traffic*> traffic, const NodeFigures& figures);

  Result<void> listen(UniqueFd fd) { return server_.listen(std::move(fd)); }
  void close_all() { server_.close_all(); }

 private:
  std::unique_ptr<http::Pending> on_request(const http::RequestHead& head,
                                            http::ServerConnection& connection) override;

  const std::vector<const Traffic*> traffic_;
  const NodeFigures figures_;
  http::Server server_;
};

}  // namespace bramble
