// SPDX-License-Identifier: Apache-2.0
#include "balance/check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "http/response_head.hh"
#include "net/socket.hh"

namespace bramble::balance {

Check::Check(Loop& loop, const BackendOptions& backend, const CheckOptions& options, Told told)
    : loop_(loop),
      address_(backend.address),
      options_(options),
      request_(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: bramble-check\r\n"
                           "Connection: close\r\n\r\n",
                           options.path, backend.address.text())),
      told_(std::move(told)),
      timer_(*this, &Check::on_timer) {
  loop_.arm(timer_, std::chrono::milliseconds(0));
}

Check::~Check() {
  if (wire_) loop_.forget(wire_.fd(), *this);
}

void Check::on_timer() {
  if (state_ == State::kResting) return begin();
  end({.reason =
           fmt::format("no answer to {} within {} ms", options_.path, options_.timeout.count())});
}

void Check::begin() {
  began_ = loop_.now();
  state_ = State::kConnecting;
  loop_.arm(timer_, options_.timeout);
  Result<UniqueFd> fd = connect_to(address_);
  if (!fd.ok()) return end({.refused = fd.error().code == ECONNREFUSED, .reason = fd.error().what});
  wire_ = Wire(std::move(*fd));
  if (const Result<void> watched = loop_.watch(wire_.fd(), *this); !watched.ok()) {
    wire_.close();
    end({.reason = watched.error().what});
  }
}

void Check::on_ready(std::uint32_t events) {
  wire_.note(events);
  if (state_ == State::kConnecting) send();
  if (state_ == State::kSent) receive();
}

void Check::send() {
  if (!wire_.writable() && !wire_.broken()) return;
  if (const int code = take_socket_error(wire_.fd()); code != 0)
    return end({.refused = code == ECONNREFUSED,
                .reason = fmt::format("connect {}: {}", address_.text(), ::strerror(code))});
  if (wire_.send(request_) == Sent::kFailed)
    return end(
        {.reason = fmt::format("send to {}: {}", address_.text(), ::strerror(wire_.code()))});
  state_ = State::kSent;
}

void Check::receive() {
  const std::span<char> buffer = loop_.receive_buffer();
  for (;;) {
    std::size_t bytes = 0;
    const Wire::Received received = wire_.receive(buffer, bytes);
    if (received == Wire::Received::kNothing) return;
    if (received != Wire::Received::kBytes)
      return end({.reason = "it closed the connection before it answered"});
    const std::size_t seen = received_.size();
    received_.append(buffer.data(), bytes);
    http::ResponseHead head;
    const http::HeadParse parsed = http::parse_response_head(received_, seen, {}, head);
    if (parsed.outcome == http::HeadParse::Outcome::kBad)
      return end(
          {.reason = fmt::format("its answer is not HTTP: {}", http::explain(parsed.fault))});
    if (parsed.outcome == http::HeadParse::Outcome::kDone) return judge(head.status);
  }
}

void Check::judge(int status) {
  if (status >= 200 && status < 400) return end({.passed = true});
  end({.reason = fmt::format("{} answers {}", options_.path, status)});
}

void Check::end(const CheckResult& result) {
  if (wire_) {
    loop_.forget(wire_.fd(), *this);
    wire_ = Wire();
  }
  received_.clear();
  state_ = State::kResting;
  const auto spent = loop_.now() - began_;
  loop_.arm(timer_, std::max<std::chrono::nanoseconds>(options_.interval - spent,
                                                       std::chrono::milliseconds(10)));
  told_(result);
}

}  // namespace bramble::balance
