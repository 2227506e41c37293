// SPDX-License-Identifier: Apache-2.0
#include "bench_backend.hh"

#include <fmt/format.h>
#include <sched.h>

#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "net/socket.hh"
#include "net/wire.hh"

namespace bramble::bench {
namespace {

const std::string& answer_of(std::size_t bytes) {
  static std::map<std::size_t, std::string> answers;
  std::string& answer = answers[bytes];
  if (answer.empty())
    answer = fmt::format(
        "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Mon, 23 Nov 2026 08:45:22 GMT\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: {}\r\n"
        "Last-Modified: Mon, 23 Nov 2026 08:00:00 GMT\r\nETag: \"65a1-2b\"\r\n"
        "Accept-Ranges: bytes\r\n\r\n{}",
        bytes, std::string(bytes, 'x'));
  return answer;
}

constexpr std::size_t kConnectionsMax = 100'000;

class Connection final : Watcher, Deferred {
 public:
  Connection(Loop& loop, UniqueFd fd) : loop_(loop), wire_(std::move(fd)) {
    if (!loop_.watch(wire_.fd(), *this).ok()) loop_.defer(*this);
  }

 private:
  void on_ready(std::uint32_t events) override {
    wire_.note(events);
    if (wire_.flush() == Sent::kFailed) return end();
    std::size_t bytes = 0;
    for (;;) {
      const Wire::Received received = wire_.receive(loop_.receive_buffer(), bytes);
      if (received == Wire::Received::kNothing) return;
      if (received != Wire::Received::kBytes) return end();
      input_.append(loop_.receive_buffer().data(), bytes);
      if (!answer_all()) return end();
    }
  }
  bool answer_all() {
    for (std::size_t end; (end = input_.find("\r\n\r\n")) != std::string::npos;) {
      if (input_.front() == 'P' && input_.size() < end + 4 + body_bytes()) return true;
      std::size_t size = 0;
      std::from_chars(input_.data() + 5, input_.data() + end, size);
      if (wire_.send(answer_of(size)) == Sent::kFailed) return false;
      input_.erase(0, end + 4);
    }
    return true;
  }
  // Of a POST, which is to be the last: it is read, and answered as GET / is.
  std::size_t body_bytes() const {
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t at = input_.find(kLength);
    std::size_t bytes = 0;
    if (at != std::string::npos)
      std::from_chars(input_.data() + at + kLength.size(), input_.data() + input_.size(), bytes);
    return bytes;
  }
  void end() {
    loop_.forget(wire_.fd(), *this);
    loop_.defer(*this);
  }
  void on_turn_end() override { delete this; }

  Loop& loop_;
  Wire wire_;
  std::string input_;
};

}  // namespace

void pin_to(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(core), &cores);
  ::sched_setaffinity(0, sizeof cores, &cores);
}

BenchBackend::BenchBackend(int core) : loop_(Loop::create().value()) {
  UniqueFd fd = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
  port_ = local_address(fd.get()).value().port();
  listener_.reset(new Listener(*loop_, std::move(fd), *this, kConnectionsMax));
  listener_->open().value();
  thread_ = std::thread([this, core] {
    pin_to(core);
    loop_->run();
  });
}

BenchBackend::~BenchBackend() {
  loop_->stop();
  thread_.join();
}

void BenchBackend::on_connection(UniqueFd fd, const Address&) {
  new Connection(*loop_, std::move(fd));
}

}  // namespace bramble::bench
