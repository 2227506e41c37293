// SPDX-License-Identifier: Apache-2.0
#include "http/server.hh"

#include <utility>

namespace bramble::http {

// A listener, and its way to the server.
struct Server::Door final : Acceptor {
  Door(Server& to, UniqueFd fd)
      : server(to), listener(to.loop_, std::move(fd), *this, to.options_.connections_max) {}

  void on_connection(UniqueFd fd, const Address& peer) override {
    server.take(listener, std::move(fd), peer);
  }

  Server& server;
  Listener listener;
};

Server::Server(Loop& loop, Application& application, ServerOptions options)
    : loop_(loop),
      application_(application),
      options_(std::move(options)),
      writer_(options_.common_fields) {}

Server::~Server() {
  while (first_ != nullptr) delete std::exchange(first_, first_->next_);
}

Result<void> Server::listen(UniqueFd listening) {
  doors_.push_back(std::make_unique<Door>(*this, std::move(listening)));
  return doors_.back()->listener.open();
}

void Server::take(Listener& listener, UniqueFd fd, const Address& peer) {
  auto connection = std::make_unique<ServerConnection>(*this, listener, std::move(fd), peer);
  if (!connection->open().ok()) return listener.connection_closed();
  ServerConnection* const opened = connection.release();
  opened->next_ = std::exchange(first_, opened);
  if (opened->next_ != nullptr) opened->next_->previous_ = opened;
  ++connections_;
  if (drained_) opened->drain();
}

void Server::remove(ServerConnection& connection) {
  (connection.previous_ != nullptr ? connection.previous_->next_ : first_) = connection.next_;
  if (connection.next_ != nullptr) connection.next_->previous_ = connection.previous_;
  --connections_;
  connection.listener_.connection_closed();
  delete &connection;
  if (connections_ == 0 && drained_) drained_();
}

void Server::drain(std::function<void()> drained) {
  drained_ = std::move(drained);
  for (const std::unique_ptr<Door>& door : doors_) door->listener.close();
  for (ServerConnection* each = first_; each != nullptr; each = each->next_) each->drain();
  if (connections_ == 0) drained_();
}

void Server::close_all() {
  for (ServerConnection* each = first_; each != nullptr; each = each->next_)
    each->abort(Ending::kStopped);
}

}  // namespace bramble::http
