// SPDX-License-Identifier: Apache-2.0
#include "scripted_backend.hh"

#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/result.hh"
#include "http/request_head.hh"
#include "net/socket.hh"

namespace bramble::test {

bool BackendPeer::fill() {
  if (!fd_) return false;
  std::array<char, 65536> piece{};
  const ssize_t got = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (got <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> BackendPeer::request() {
  http::RequestHead head;
  for (;;) {
    const http::HeadParse parsed = http::parse_request_head(buffer_, 0, {}, head);
    BRAMBLE_CHECK(parsed.outcome != http::HeadParse::Outcome::kBad);
    if (parsed.outcome == http::HeadParse::Outcome::kDone) {
      http::Body body(head.framing);
      const bool is_check = head.value(http::FieldName::kUserAgent) == "bramble-check";
      std::size_t used = parsed.bytes;
      for (;;) {
        if (!body.done()) used += body.feed(std::string_view(buffer_).substr(used)).bytes;
        if (body.done()) break;
        if (!fill()) return std::nullopt;
      }
      const std::string request = buffer_.substr(0, used);
      buffer_.erase(0, used);
      if (is_check) {
        if (const std::string scripted = backend_.check_answer(); !scripted.empty())
          send(scripted);
        else
          send(backend_.well_ ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                              : "HTTP/1.1 503 Bad\r\nContent-Length: 0\r\n\r\n");
        ++backend_.checks_;
        return std::nullopt;
      }
      backend_.remember(request);
      return request;
    }
    if (!fill()) return std::nullopt;
  }
}

void BackendPeer::send(std::string_view bytes) {
  while (fd_ && !bytes.empty()) {
    const ssize_t taken = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken <= 0) return close();
    bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
}

void BackendPeer::answer(std::string_view body) {
  send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
}

void BackendPeer::reset() {
  set_reset_on_close(fd_.get());
  close();
}

void BackendPeer::close() {
  const std::lock_guard lock(backend_.mutex_);
  backend_.open_.remove(fd_.get());
  fd_.reset();
}

void BackendPeer::shut_writing() { ::shutdown(fd_.get(), SHUT_WR); }

void BackendPeer::go_deaf() {
  sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program = {.len = 1, .filter = &drop_all};
  BRAMBLE_CHECK(::setsockopt(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ==
                0);
}

bool BackendPeer::wait_for_close() {
  while (fill()) buffer_.clear();
  return true;
}

std::string BackendPeer::some() {
  if (buffer_.empty()) fill();
  return std::exchange(buffer_, {});
}

void BackendPeer::wait_until(const std::atomic<bool>& flag) {
  std::unique_lock lock(backend_.mutex_);
  while (!flag && !backend_.over_) backend_.changed_.wait_for(lock, std::chrono::milliseconds(5));
}

ScriptedBackend::ScriptedBackend(std::string name, Script script)
    : name_(std::move(name)), script_(std::move(script)) {
  revive();
}

ScriptedBackend::~ScriptedBackend() {
  over_ = true;
  die();
}

std::string ScriptedBackend::where() const { return fmt::format("{}=127.0.0.1:{}", name_, port_); }

void ScriptedBackend::listen() {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port_);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  door_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(door_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  BRAMBLE_CHECK(::bind(door_.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4) == 0);
  BRAMBLE_CHECK(::listen(door_.get(), 1000) == 0);
  port_ = local_address(door_.get()).value().port();
}

void ScriptedBackend::revive() {
  listen();
  acceptor_ = std::thread([this] { accept_all(); });
}

void ScriptedBackend::die() {
  if (!acceptor_.joinable()) return;
  ::shutdown(door_.get(), SHUT_RDWR);
  acceptor_.join();
  door_.reset();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ScriptedBackend::accept_all() {
  for (;;) {
    UniqueFd fd(::accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    set_no_delay(fd.get());
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(fd.get());
    }
    threads_.emplace_back([this, taken = std::move(fd)]() mutable { serve(std::move(taken)); });
  }
}

void ScriptedBackend::serve(UniqueFd fd) {
  BackendPeer peer(*this, std::move(fd));
  peer.connection = ++next_connection_;
  if (script_) {
    script_(peer);
  } else {
    while (peer.request()) peer.answer(name_ + "\n");
  }
  if (peer.fd_) peer.close();
}

void ScriptedBackend::remember(const std::string& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  changed_.notify_all();
}

void ScriptedBackend::set_check_answer(std::string answer) {
  const std::lock_guard lock(mutex_);
  check_answer_ = std::move(answer);
}

std::string ScriptedBackend::check_answer() {
  const std::lock_guard lock(mutex_);
  return check_answer_;
}

std::vector<std::string> ScriptedBackend::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string ScriptedBackend::wait_for_request(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return requests_.size() >= count; }))
    return "";
  return requests_[count - 1];
}

}  // namespace bramble::test
