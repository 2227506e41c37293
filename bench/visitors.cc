// SPDX-License-Identifier: Apache-2.0
#include "visitors.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#include "http/response_head.hh"
#include "net/socket.hh"

namespace bramble::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{15'000};

// One connection. Every call gives what went wrong, or "".
class Connection {
 public:
  std::string open(const Address& address) {
    used_ = false;
    input_.clear();
    Result<UniqueFd> fd = connect_to(address);
    if (!fd.ok()) return "cannot connect";
    fd_ = std::move(*fd);
    if (!wait(POLLOUT)) return "connecting takes too long";
    return take_socket_error(fd_.get()) == 0 ? "" : "the connection is refused";
  }

  bool used() const { return used_; }
  std::string_view served_by() const {  // of the answer under way
    for (const http::Field& field : head_->fields())
      if (http::equals_lower(field.name, "x-served-by")) return field.value;
    return {};
  }
  bool is_open() const { return static_cast<bool>(fd_); }
  void close() { fd_.reset(); }

  // `take` is given the body's bytes as they come.
  template <typename Take>
  std::string ask(const std::string& request, const Take& take, bool& untouched) {
    untouched = false;
    std::string fault = send_all(request);
    if (fault.empty()) fault = read_head(untouched);
    if (!fault.empty()) return fault;
    const int status = head_->status;
    const bool persistent = head_->persistent;
    http::Body body(http::framing_of(*head_, false));
    std::string_view bytes = std::string_view(input_).substr(head_bytes_);
    for (;;) {
      if (!body.done() && !bytes.empty()) {
        const http::Body::Progress progress = body.feed(bytes);
        if (progress.outcome == http::Body::Outcome::kBad) return "a body that is none";
        take(bytes.substr(0, progress.bytes));
      }
      if (body.done()) break;
      const ssize_t got = receive();
      if (got <= 0) return got == 0 ? "a torn body" : "a reset in the body";
      bytes = {buffer_.data(), static_cast<std::size_t>(got)};
    }
    input_.clear();
    used_ = true;
    if (!persistent) close();
    return status == 200 ? "" : fmt::format("status {}", status);
  }

 private:
  bool wait(short events) {
    pollfd wait = {.fd = fd_.get(), .events = events, .revents = 0};
    return ::poll(&wait, 1, static_cast<int>(kPatience.count())) == 1;
  }

  ssize_t receive() {
    if (!wait(POLLIN)) return -1;
    return ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
  }

  std::string send_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN && wait(POLLOUT)) continue;
      if (sent < 0) break;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return "";  // it may have been answered all the same
  }

  std::string read_head(bool& untouched) {
    std::size_t seen = 0;
    for (;;) {
      const ssize_t got = receive();
      if (got <= 0) {
        untouched = input_.empty();
        return got == 0 ? "closed before the answer" : "no answer";
      }
      input_.append(buffer_.data(), static_cast<std::size_t>(got));
      const http::HeadParse parsed = http::parse_response_head(input_, seen, {}, *head_);
      if (parsed.outcome == http::HeadParse::Outcome::kBad) return "an answer that is not HTTP";
      if (parsed.outcome == http::HeadParse::Outcome::kDone) {
        head_bytes_ = parsed.bytes;
        return "";
      }
      seen = input_.size();
    }
  }

  UniqueFd fd_;
  bool used_ = false;
  std::string input_;
  std::size_t head_bytes_ = 0;
  std::unique_ptr<http::ResponseHead> head_ = std::make_unique<http::ResponseHead>();
  std::array<char, 64 * 1024> buffer_;
};

std::string request_for(const std::string& path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: bench\r\n\r\n", path);
}

}  // namespace

std::uint64_t VisitorReport::failures() const {
  std::uint64_t all = 0;
  for (const auto& [what, times] : failed) all += times;
  return all;
}

microseconds VisitorReport::percentile(double percent) const {
  if (microseconds.empty()) return std::chrono::microseconds(0);
  const auto at =
      static_cast<std::size_t>(percent / 100 * static_cast<double>(microseconds.size()));
  return std::chrono::microseconds(microseconds[std::min(at, microseconds.size() - 1)]);
}

Visitors::Visitors(VisitorOptions options)
    : options_(std::move(options)), reports_(static_cast<std::size_t>(options_.connections)) {
  for (int i = 0; i < options_.connections; ++i) threads_.emplace_back([this, i] { visit(i); });
}

Visitors::~Visitors() { (void)stop(); }

void Visitors::visit(int which) {
  VisitorReport& report = reports_[static_cast<std::size_t>(which)];
  const std::string request = request_for(options_.path);
  const auto period =
      options_.rate == 0
          ? Clock::duration(0)
          : Clock::duration(std::chrono::seconds(options_.connections)) / options_.rate;
  auto due = Clock::now() + period * which / options_.connections;
  const auto connection = std::make_unique<Connection>();
  const auto ask = [&] {
    for (;;) {
      std::string fault;
      if (!connection->is_open()) fault = connection->open(options_.address);
      bool untouched = false;
      const bool kept = connection->used();
      if (fault.empty())
        fault = connection->ask(
            request, [](std::string_view) {}, untouched);
      if (!fault.empty()) connection->close();
      if (!untouched || !kept) return fault;
      ++report.asked_anew;
    }
  };
  while (!over_) {
    if (options_.rate == 0)
      due = Clock::now();
    else
      std::this_thread::sleep_until(due);
    const std::string fault = ask();
    ++report.requests;
    if (!fault.empty()) ++report.failed[fault];
    const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - due);
    report.microseconds.push_back(static_cast<std::uint32_t>(took.count()));
    ++answered_;
    due += period;
  }
}

VisitorReport Visitors::stop() {
  over_ = true;
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  VisitorReport all;
  for (const VisitorReport& one : reports_) {
    all.requests += one.requests;
    all.asked_anew += one.asked_anew;
    for (const auto& [what, times] : one.failed) all.failed[what] += times;
    all.microseconds.insert(all.microseconds.end(), one.microseconds.begin(),
                            one.microseconds.end());
  }
  std::ranges::sort(all.microseconds);
  return all;
}

Fetched fetch(const Fetch& what) {
  Fetched got;
  const auto connection = std::make_unique<Connection>();
  got.fault = connection->open(what.address);
  if (!got.fault.empty()) return got;
  const auto start = Clock::now();
  auto waits_since = start;
  bool begun = false;
  bool tripped = false;
  bool untouched = false;
  got.fault = connection->ask(
      request_for(what.path),
      [&](std::string_view bytes) {
        const auto silence = std::chrono::duration_cast<microseconds>(Clock::now() - waits_since);
        if (std::exchange(begun, true))
          got.longest_silence = std::max(got.longest_silence, silence);
        what.look(got.bytes, bytes);
        got.bytes += bytes.size();
        if (got.bytes >= what.trip_at && !std::exchange(tripped, true))
          what.trip(std::string(connection->served_by()));
        if (what.bytes_a_second > 0)
          std::this_thread::sleep_until(start +
                                        std::chrono::nanoseconds(static_cast<std::int64_t>(
                                            static_cast<double>(got.bytes) /
                                            static_cast<double>(what.bytes_a_second) * 1e9)));
        waits_since = Clock::now();
      },
      untouched);
  return got;
}

std::string download(const Address& address, const std::string& path, std::uint64_t size,
                     std::uint64_t bytes_a_second) {
  bool right = true;
  const Fetched got =
      fetch({.address = address,
             .path = path,
             .bytes_a_second = bytes_a_second,
             .look = [&](std::uint64_t place, std::string_view bytes) {
               for (const char c : bytes) {
                 const std::uint64_t number = place / 8;
                 right = right && static_cast<std::uint8_t>(c) ==
                                      static_cast<std::uint8_t>(number >> (8 * (place % 8)));
                 ++place;
               }
             }});
  if (!got.fault.empty()) return got.fault;
  if (got.bytes != size) return fmt::format("{} bytes of {}", got.bytes, size);
  return right ? "" : "other bytes than were written";
}

void write_numbers(const std::string& path, std::uint64_t size) {
  std::ofstream file(path, std::ios::binary);
  std::vector<std::uint64_t> piece(128 * 1024);
  for (std::uint64_t number = 0; number < size / 8;) {
    for (std::uint64_t& each : piece) each = number++;
    const std::uint64_t left = size - (number - piece.size()) * 8;
    file.write(reinterpret_cast<const char*>(piece.data()),
               static_cast<std::streamsize>(std::min<std::uint64_t>(left, piece.size() * 8)));
  }
}

}  // namespace bramble::bench
