// SPDX-License-Identifier: Apache-2.0
// An HTTP/1 server on one loop: its listeners, its connections, and what they share. A server for
// each loop; they share nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/access_observer.hh"
#include "http/application.hh"
#include "http/request_head.hh"
#include "http/response_writer.hh"
#include "http/server_connection.hh"
#include "net/listener.hh"
#include "net/loop.hh"

namespace bramble::http {

struct ServerOptions {
  HeadLimits limits;
  std::chrono::milliseconds head_timeout{10'000};    // from its first byte to its last
  std::chrono::milliseconds idle_timeout{60'000};    // between two requests
  std::chrono::milliseconds answer_timeout{30'000};  // until the application answers: then 503
  std::chrono::milliseconds send_timeout{30'000};    // without any byte taken by the visitor
  std::chrono::milliseconds linger_timeout{2'000};
  std::size_t connections_max = 10'000;
  AccessObserver* observer = nullptr;  // outlives the server
  std::string common_fields;           // lines "Name: value\r\n" of every answer
};

class Server final {
 public:
  // The loop and the application outlive it.
  Server(Loop& loop, Application& application, ServerOptions options);
  ~Server();

  Result<void> listen(UniqueFd listening);

  // Takes what waits at the door, closes it, and lets every connection finish what is under way;
  // then calls drained, once, on the loop's thread.
  void drain(std::function<void()> drained);
  void close_all();  // at once, with a reset

  std::size_t connections() const { return connections_; }
  std::uint64_t requests() const { return requests_; }

 private:
  friend class ServerConnection;
  struct Door;
  void take(Listener& listener, UniqueFd fd, const Address& peer);
  void remove(ServerConnection& connection);

  Loop& loop_;
  Application& application_;
  const ServerOptions options_;
  ResponseWriter writer_;
  RequestHead head_;  // of the request that is being taken: used by one connection at a time
  std::vector<std::unique_ptr<Door>> doors_;
  ServerConnection* first_ = nullptr;
  std::size_t connections_ = 0;
  std::uint64_t requests_ = 0;
  std::function<void()> drained_;  // set while draining
};

}  // namespace bramble::http
