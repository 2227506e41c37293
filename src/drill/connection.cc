// SPDX-License-Identifier: Apache-2.0
#include "drill/connection.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/interrupt.hh"
#include "drill/failures.hh"
#include "net/socket.hh"

namespace bramble::drill {
namespace {

constexpr ssize_t kSilent = -2;  // received nothing in time

std::string silence(const char* fault) { return interrupted() ? kInterrupted : fault; }

}  // namespace

std::string Connection::open(const Address& address) {
  used_ = false;
  input_.clear();
  Result<UniqueFd> fd = connect_to(address);
  if (!fd.ok()) return "cannot connect";
  fd_ = std::move(*fd);
  if (!wait(POLLOUT)) return close(), silence("connecting takes too long");
  if (take_socket_error(fd_.get()) != 0) return close(), "the connection is refused";
  return "";
}

std::string Connection::ask(const std::string& request,
                            const std::function<void(std::string_view)>& take, bool& untouched) {
  if (const std::string fault = exchange(request, take, untouched); !fault.empty())
    return close(), fault;
  return head_->status == 200 ? "" : fmt::format("status {}", head_->status);
}

std::string Connection::exchange(const std::string& request,
                                 const std::function<void(std::string_view)>& take,
                                 bool& untouched) {
  untouched = false;
  send_all(request);
  if (const std::string fault = read_head(untouched); !fault.empty()) return fault;
  const bool persistent = head_->persistent;
  http::Body body(http::framing_of(*head_, false));
  std::string_view bytes = std::string_view(input_).substr(head_bytes_);
  for (;;) {
    if (!body.done() && !bytes.empty()) {
      const bool chunked = body.kind() == http::Framing::Kind::kChunked;
      std::string decoded;
      const http::Body::Progress progress =
          chunked ? body.decode(bytes, decoded) : body.feed(bytes);
      if (progress.outcome == http::Body::Outcome::kBad) return "a body that is none";
      take(chunked ? std::string_view(decoded) : bytes.substr(0, progress.bytes));
    }
    if (body.done()) break;
    const ssize_t got = receive();
    if (got == 0 && body.ends_with_connection()) return close(), "";
    if (got == kSilent) return silence("silence in the body");
    if (got <= 0) return got == 0 ? "a torn body" : "a reset in the body";
    bytes = {buffer_.data(), static_cast<std::size_t>(got)};
  }
  input_.clear();
  used_ = true;
  if (!persistent) close();
  return "";
}

std::string_view Connection::served_by() const {
  for (const http::Field& field : head_->fields())
    if (http::equals_lower(field.name, "x-served-by")) return field.value;
  return {};
}

// Not for longer than Ctrl-C, either.
bool Connection::wait(short events) {
  std::array<pollfd, 2> waits = {{{.fd = fd_.get(), .events = events, .revents = 0},
                                  {.fd = interrupt_fd(), .events = POLLIN, .revents = 0}}};
  const int patience = static_cast<int>(std::chrono::milliseconds(kPatience).count());
  return ::poll(waits.data(), waits.size(), patience) > 0 && waits[1].revents == 0 &&
         waits[0].revents != 0;
}

ssize_t Connection::receive() {
  if (!wait(POLLIN)) return kSilent;
  return ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
}

// One that cannot take it may have answered all the same.
void Connection::send_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN && wait(POLLOUT)) continue;
    if (sent < 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Connection::read_head(bool& untouched) {
  std::size_t seen = 0;
  for (;;) {
    const ssize_t got = receive();
    if (got == kSilent) return silence("no answer in time");
    if (got <= 0) {
      untouched = input_.empty();
      return got == 0 ? "closed before the answer" : "a reset before the answer";
    }
    input_.append(buffer_.data(), static_cast<std::size_t>(got));
    http::HeadParse parsed = http::parse_response_head(input_, seen, {}, *head_);
    while (parsed.outcome == http::HeadParse::Outcome::kDone && head_->status < 200) {
      input_.erase(0, parsed.bytes);  // 103 Early Hints, say
      parsed = http::parse_response_head(input_, 0, {}, *head_);
    }
    if (parsed.outcome == http::HeadParse::Outcome::kBad) return "an answer that is not HTTP";
    if (parsed.outcome == http::HeadParse::Outcome::kDone) {
      head_bytes_ = parsed.bytes;
      return "";
    }
    seen = input_.size();
  }
}

std::string request_for(const std::string& host, const std::string& path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, host);
}

}  // namespace bramble::drill
