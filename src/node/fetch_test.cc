// SPDX-License-Identifier: Apache-2.0
#include "node/fetch.hh"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>

#include "base/unique_fd.hh"

namespace bramble {
namespace {

// Answers one connection on the loopback with these bytes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      std::array<char, 1000> piece;
      while (request_.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::recv(peer.get(), piece.data(), piece.size(), 0);
        if (n <= 0) return;
        request_.append(piece.data(), static_cast<std::size_t>(n));
      }
      (void)::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }
  ~OneAnswer() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  FetchTarget target() const {
    return {.address = "127.0.0.1", .port = port_, .path = "/.bramble/health"};
  }
  const std::string& request() const { return request_; }

 private:
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

TEST(Fetch, GivesTheBody) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\": 1}");
  EXPECT_EQ(fetch(server.target()).value(), "{\"a\": 1}");
  server.join();
  EXPECT_TRUE(server.request().starts_with("GET /.bramble/health HTTP/1.0\r\n"));
}

TEST(Fetch, AnyOtherStatusIsAnError) {
  const OneAnswer server("HTTP/1.1 503 Service Unavailable\r\n\r\nsorry");
  const std::string what = fetch(server.target()).error().what;
  EXPECT_TRUE(what.ends_with("/.bramble/health: 503 Service Unavailable")) << what;
}

TEST(Fetch, WhatIsNoHttpIsAnError) {
  const OneAnswer server("SSH-2.0-OpenSSH_9.2\r\n");
  const std::string what = fetch(server.target()).error().what;
  EXPECT_TRUE(what.ends_with(" does not speak HTTP")) << what;
}

TEST(Fetch, AnEndlessAnswerIsCutOff) {
  const OneAnswer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(2 << 20, 'x'));
  EXPECT_EQ(fetch(server.target()).error().what, "an answer of more than 1 MiB");
}

TEST(Fetch, AnAddressThatIsNoneIsNamed) {
  EXPECT_EQ(fetch({.address = "nowhere"}).error().what, "\"nowhere\" is no IPv4 address");
}

}  // namespace
}  // namespace bramble
