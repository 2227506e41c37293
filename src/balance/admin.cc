// SPDX-License-Identifier: Apache-2.0
#include "balance/admin.hh"

#include <utility>

#include "balance/status.hh"
#include "http/metrics_text.hh"
#include "http/server_connection.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

constexpr std::string_view kJson = "Content-Type: application/json\r\nCache-Control: no-store\r\n";
constexpr std::string_view kText = "Content-Type: text/plain; charset=utf-8\r\n";
constexpr std::string_view kTextAllow =
    "Content-Type: text/plain; charset=utf-8\r\nAllow: GET, HEAD\r\n";

}  // namespace

Admin::Admin(Loop& loop, const Balancer& balancer)
    : balancer_(balancer), server_(loop, *this, {.connections_max = 100}) {}

Result<Address> Admin::listen(UniqueFd fd) {
  const Address real = TRY(local_address(fd.get()));
  TRY(server_.listen(std::move(fd)));
  return real;
}

void Admin::close() {
  server_.drain([] {});
}

std::unique_ptr<http::Pending> Admin::on_request(const http::RequestHead& head,
                                                 http::ServerConnection& connection) {
  if (head.method != "GET" && head.method != "HEAD")
    connection.answer({.status = 405, .fields = kTextAllow, .body = "405: this is read-only\n"});
  else if (head.path == "/status.json")
    connection.answer({.fields = kJson, .body = status_json(status_of(balancer_))});
  else if (head.path == "/metrics")
    connection.answer({.fields = http::kMetricsFields, .body = metrics_text(status_of(balancer_))});
  else
    connection.answer({.status = 404,
                       .fields = kText,
                       .body = "404: /status.json and /metrics are served here\n"});
  return nullptr;
}

}  // namespace bramble::balance
