// SPDX-License-Identifier: Apache-2.0
#include "raw_client.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/result.hh"
#include "base/text.hh"
#include "net/socket.hh"

namespace bramble::test {

int RawAnswer::status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }

std::string RawAnswer::field(std::string_view name) const {
  for (const std::string_view line : lines(head)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || to_lower(line.substr(0, colon)) != to_lower(name))
      continue;
    return std::string(trim(line.substr(colon + 1)));
  }
  return "";
}

RawClient::RawClient(std::uint16_t port, Line line)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit = {.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (line == Line::kThin) {
    const int segment_bytes = 1400;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_MAXSEG, &segment_bytes, sizeof segment_bytes);
    small_receive_window();
  }
  set_no_delay(fd_.get());
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    end_ = End::kReset;
}

RawClient& RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
  return *this;
}

void RawClient::shut_writing() { ::shutdown(fd_.get(), SHUT_WR); }

void RawClient::reset() {
  set_reset_on_close(fd_.get());
  fd_.reset();
}

void RawClient::small_receive_window(int bytes) {
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool RawClient::fill() {
  if (end_ != End::kOpen) return false;
  std::array<char, 65536> piece{};
  const ssize_t got = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (got > 0) return buffer_.append(piece.data(), static_cast<std::size_t>(got)), true;
  if (got == 0) end_ = End::kClosed;
  if (got < 0 && errno != EAGAIN) end_ = End::kReset;
  return false;
}

bool RawClient::take(std::size_t count, std::string& into) {
  while (buffer_.size() < count)
    if (!fill()) return into.append(std::exchange(buffer_, {})), false;
  into.append(buffer_, 0, count);
  buffer_.erase(0, count);
  return true;
}

bool RawClient::take_line(std::string& into) {
  std::size_t at = 0;
  while ((at = buffer_.find("\r\n")) == std::string::npos)
    if (!fill()) return false;
  return take(at + 2, into);
}

RawAnswer RawClient::answer(bool to_head_request) {
  RawAnswer answer;
  std::size_t at = 0;
  while ((at = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return answer;
  take(at + 4, answer.head);
  const int status = answer.status();
  answer.whole = to_head_request || status < 200 || status == 204 || status == 304;
  return answer.whole ? answer : read_body(std::move(answer));
}

RawAnswer RawClient::read_body(RawAnswer answer) {
  if (const std::string length = answer.field("Content-Length"); !length.empty()) {
    answer.whole = take(std::stoull(length), answer.body);
  } else if (answer.field("Transfer-Encoding") == "chunked") {
    for (;;) {
      std::string line, end;
      if (!take_line(line)) return answer;
      const std::size_t size = std::stoul(line, nullptr, 16);
      if (!take(size, answer.body)) return answer;
      do {  // behind the last chunk: trailers, until an empty line
        end.clear();
        if (!take_line(end)) return answer;
      } while (size == 0 && end != "\r\n");
      if (size == 0) return answer.whole = true, answer;
    }
  } else {
    answer.body = rest();
    answer.whole = end_ == End::kClosed;
  }
  return answer;
}

std::string RawClient::rest() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::bytes(std::size_t count) {
  std::string all;
  take(count, all);
  return all;
}

End RawClient::end() {
  rest();
  return end_;
}

}  // namespace bramble::test
