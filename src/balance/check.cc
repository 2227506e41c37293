// SPDX-License-Identifier: Apache-2.0
#include "balance/check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "balance/bounds.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

constexpr std::size_t kBodyBytesMax = 64 * 1024;

}  // namespace

Check::Check(Loop& loop, const BackendOptions& backend, const CheckOptions& options, Told told)
    : loop_(loop),
      address_(backend.address),
      options_(options),
      request_(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: bramble-check\r\n"
                           "Connection: close\r\n\r\n",
                           options.path, backend.address.text())),
      told_(std::move(told)),
      timer_(*this, &Check::on_timer) {
  if (options_.send_proxy) {
    std::string header;
    append_proxy_header(header, *options_.send_proxy, std::nullopt, address_);
    request_.insert(0, header);
  }
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
  if (!fd.ok() && (is_own_shortage(fd.error().code) || is_port_shortage(fd.error().code)))
    return rest();
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
  if (state_ == State::kSent || state_ == State::kReading) receive();
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
    if (received == Wire::Received::kEnd && state_ == State::kReading &&
        body_.ends_with_connection())
      return judge_body();
    if (received != Wire::Received::kBytes)
      return end({.reason = "it closed the connection before it had answered"});
    const std::string_view piece(buffer.data(), bytes);
    if (state_ == State::kReading) {
      take_body(piece);
    } else {
      const std::size_t seen = received_.size();
      received_.append(piece);
      take_head(seen);
    }
    if (state_ == State::kResting) return;
  }
}

void Check::take_head(std::size_t seen) {
  http::ResponseHead head;
  http::HeadParse parsed;
  for (;;) {
    parsed = http::parse_response_head(received_, seen, kAnswerHeadLimits, head);
    if (parsed.outcome == http::HeadParse::Outcome::kBad)
      return end(
          {.reason = fmt::format("its answer is not HTTP: {}", http::explain(parsed.fault))});
    if (parsed.outcome == http::HeadParse::Outcome::kMore) return;
    if (head.status >= 200 || head.status == 101) break;
    received_.erase(0, parsed.bytes);  // 103 Early Hints, and their like
    seen = 0;
  }
  if (head.status < 200 || head.status > options_.status_max)
    return end({.reason = fmt::format("{} answers {}", options_.path, head.status)});
  if (!wants_body(head)) return end({.passed = true});
  body_ = http::Body(http::framing_of(head, false));
  text_.clear();
  state_ = State::kReading;
  take_body(std::string_view(received_).substr(parsed.bytes));
}

bool Check::wants_body(const http::ResponseHead& head) const {
  const http::Field* const type = head.find(http::FieldName::kContentType);
  return !options_.body.empty() || (type != nullptr && type->value.starts_with("application/json"));
}

void Check::take_body(std::string_view bytes) {
  if (!body_.done() && !bytes.empty()) {
    const bool chunked = body_.kind() == http::Framing::Kind::kChunked;
    const http::Body::Progress progress = chunked ? body_.decode(bytes, text_) : body_.feed(bytes);
    if (progress.outcome == http::Body::Outcome::kBad)
      return end({.reason = "its answer's body is not well chunked"});
    if (!chunked) text_.append(bytes.substr(0, progress.bytes));
  }
  if (body_.done() || text_.size() >= kBodyBytesMax) judge_body();
}

void Check::judge_body() {
  if (text_.find(options_.body) == std::string::npos)
    return end({.reason = fmt::format("{} answers without \"{}\" in its body", options_.path,
                                      options_.body)});
  end({.passed = true, .word = parse_word(text_, loop_.wall())});
}

void Check::end(const CheckResult& result) {
  rest();
  told_(result);
}

void Check::rest() {
  if (wire_) {
    loop_.forget(wire_.fd(), *this);
    wire_ = Wire();
  }
  received_.clear();
  state_ = State::kResting;
  const auto spent = loop_.now() - began_;
  loop_.arm(timer_, std::max<std::chrono::nanoseconds>(options_.interval - spent,
                                                       std::chrono::milliseconds(10)));
}

}  // namespace bramble::balance
