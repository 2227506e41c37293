// SPDX-License-Identifier: Apache-2.0
// The server side of a connection over real sockets: a loop on its own thread, visitors that write
// and read bytes.
#include "http/server.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include "net/socket.hh"

namespace bramble::http {
namespace {

using std::chrono::milliseconds;

// Answers "/later" on a later turn, "/never" never, "/patient" when "/release" is asked, "/late"
// never after that, "/large" by a source, "/drops" by one that never fills the socket, "/stops" by
// one that gives a byte of two, else with its own name.
class Echo final : public Application {
 public:
  explicit Echo(Loop& loop) : loop_(loop) {}

  std::unique_ptr<Pending> on_request(const RequestHead& head,
                                      ServerConnection& connection) override {
    struct Ticket : Pending {
      std::shared_ptr<ServerConnection*> to;
      explicit Ticket(ServerConnection& c) : to(std::make_shared<ServerConnection*>(&c)) {}
      ~Ticket() override { *to = nullptr; }
    };
    if (head.path == "/release") release();
    if (head.path == "/later" || head.path == "/never" || head.path == "/patient" ||
        head.path == "/late") {
      auto ticket = std::make_unique<Ticket>(connection);
      if (head.path == "/patient" || head.path == "/late") {
        connection.give_time(std::chrono::hours(1));
        (head.path == "/late" ? late_ : patient_) = ticket->to;
      }
      if (head.path == "/later")
        loop_.post([to = ticket->to] {
          if (*to != nullptr) (*to)->answer({.body = "later"});
        });
      return ticket;
    }
    if (head.path == "/large" || head.path == "/torn")
      connection.answer(
          {.source = std::make_unique<Large>(head.path == "/torn"), .length = kLargeBytes});
    else if (head.path == "/drops")
      connection.answer({.source = std::make_unique<Drops>(longest_pause), .length = kDrops});
    else if (head.path == "/stops")
      connection.answer({.source = std::make_unique<Stops>(), .length = 2});
    else if (head.path == "/missing")
      connection.answer_plainly(404, "there is none");
    else
      connection.answer({.fields = "X-Test: yes\r\n", .body = head.path});
    return nullptr;
  }

  static constexpr std::size_t kLargeBytes = 8 << 20;
  static constexpr std::size_t kDrops = 150;
  std::atomic<milliseconds> longest_pause{};  // between two drops, since the test has looked

 private:
  struct Large final : BodySource {
    explicit Large(bool t) : torn(t) {}
    Progress send(Wire& wire) override {
      while (left > 0) {
        if (torn && left < kLargeBytes / 2) return Progress::kFailed;
        const std::string piece(std::min<std::size_t>(left, 100'000), 'x');
        const std::ptrdiff_t taken = wire.send_some(piece);
        if (taken < 0) return Progress::kFailed;
        if (taken == 0) return Progress::kBlocked;
        left -= static_cast<std::size_t>(taken);
      }
      return Progress::kDone;
    }
    std::uint64_t sent_bytes() const override { return kLargeBytes - left; }
    bool torn;
    std::size_t left = kLargeBytes;
  };

  struct Drops final : BodySource {
    explicit Drops(std::atomic<milliseconds>& p) : longest_pause(p) {}
    Progress send(Wire& wire) override {
      std::this_thread::sleep_for(milliseconds(10));
      const auto pause = std::chrono::steady_clock::now() - last;
      last += pause;
      longest_pause = std::max(longest_pause.load(), std::chrono::ceil<milliseconds>(pause));
      sent += wire.send_some("x") == 1 ? 1 : 0;
      return sent < kDrops ? Progress::kMore : Progress::kDone;
    }
    std::uint64_t sent_bytes() const override { return sent; }
    std::atomic<milliseconds>& longest_pause;
    std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
    std::size_t sent = 0;
  };

  struct Stops final : BodySource {
    Progress send(Wire& wire) override {
      sent += sent == 0 && wire.send_some("x") == 1 ? 1 : 0;
      return Progress::kWaiting;
    }
    std::uint64_t sent_bytes() const override { return sent; }
    std::size_t sent = 0;
  };

  void release() {
    if (*patient_ != nullptr) (*patient_)->answer({.body = "at last"});
    if (*late_ != nullptr) (*late_)->give_usual_time();
  }

  Loop& loop_;
  std::shared_ptr<ServerConnection*> patient_, late_;
};

// A visitor's end: blocking.
class Visitor {
 public:
  explicit Visitor(const Address& to) : fd_(connect_to(to).value()) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      pollfd waiting = {.fd = fd_.get(), .events = POLLOUT, .revents = 0};
      ::poll(&waiting, 1, -1);
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) continue;
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Until the text has come, or the connection's end.
  std::string read_until(std::string_view text) {
    while (text.empty() || got.find(text) == std::string::npos) {
      pollfd waiting = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
      ::poll(&waiting, 1, -1);
      char piece[65536];
      const ssize_t n = ::recv(fd_.get(), piece, sizeof piece, 0);
      if (n < 0 && errno == EAGAIN) continue;
      reset = n < 0 && errno == ECONNRESET;
      if (n <= 0) break;
      got.append(piece, static_cast<std::size_t>(n));
    }
    return std::exchange(got, {});
  }
  std::string read_all() { return read_until(""); }
  void small_receive_window() const {
    const int bytes = 8 * 1024;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  // False at the connection's end.
  bool take_some(std::size_t bytes) {
    std::string piece(bytes, '\0');
    const ssize_t n = ::recv(fd_.get(), piece.data(), bytes, MSG_DONTWAIT);
    reset = n < 0 && errno == ECONNRESET;
    return n > 0 || (n < 0 && errno == EAGAIN);
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  std::string got;
  bool reset = false;

 private:
  UniqueFd fd_;
};

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.common_fields = "Server: test\r\n";
    server = std::make_unique<Server>(*loop, echo, std::move(options));
    UniqueFd fd = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
    here = local_address(fd.get()).value();
    ASSERT_TRUE(server->listen(std::move(fd)).ok());
    thread = std::thread([this] { loop->run(); });
  }

  ~ServerTest() override {
    loop->stop();
    if (thread.joinable()) thread.join();
    server.reset();
  }

  std::unique_ptr<Loop> loop = Loop::create().value();
  Echo echo{*loop};
  std::unique_ptr<Server> server;
  Address here;
  std::thread thread;
};

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::size_t count(const std::string& text, std::string_view piece) {
  std::size_t n = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++n;
  return n;
}

TEST_F(ServerTest, AnAnswerHasDateLengthAndTheCommonFields) {
  start();
  Visitor visitor(here);
  visitor.send(get("/hello"));
  const std::string answer = visitor.read_until("/hello");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
  EXPECT_NE(answer.find("\r\nServer: test\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\nX-Test: yes\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\nContent-Length: 6\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Connection:"), std::string::npos);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Visitor visitor(here);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get(i % 3 == 0 ? "/later" : "/n" + std::to_string(i));
  visitor.send(requests + get("/end", "Connection: close\r\n"));
  const std::string answers = visitor.read_all();
  EXPECT_EQ(count(answers, "HTTP/1.1 200 OK"), 101U);
  EXPECT_EQ(count(answers, "\r\n\r\nlater"), 34U);
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    at = answers.find(i % 3 == 0 ? "later" : "/n" + std::to_string(i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ServerTest, ARequestMayComeByteByByte) {
  start();
  Visitor visitor(here);
  for (const char byte : get("/slow", "Connection: close\r\n")) visitor.send({&byte, 1});
  EXPECT_NE(visitor.read_all().find("/slow"), std::string::npos);
}

TEST_F(ServerTest, HeadIsAnsweredWithoutABody) {
  start();
  Visitor visitor(here);
  visitor.send("HEAD /four HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = visitor.read_all();
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ServerTest, AnOldVisitorKeepsItsConnectionIfItAsks) {
  start();
  Visitor visitor(here);
  visitor.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(visitor.read_until("/a").find("Connection: keep-alive\r\n"), std::string::npos);
  visitor.send("GET /b HTTP/1.0\r\n\r\n");
  EXPECT_NE(visitor.read_all().find("Connection: close\r\n"), std::string::npos);
}

TEST_F(ServerTest, ABadHeadIsRefusedAndTheConnectionClosed) {
  start();
  Visitor visitor(here);
  visitor.send("GET / HTTP/1.1\r\nHost: a\r\nBad : x\r\n\r\n" + get("/smuggled"));
  const std::string answer = visitor.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(
      answer.ends_with("400 Bad Request: a blank stands before the colon of a header field\n"));
  EXPECT_EQ(answer.find("smuggled"), std::string::npos);
  EXPECT_FALSE(visitor.reset);
}

TEST_F(ServerTest, ASmallBodyIsPassedOverAndTheConnectionLivesOn) {
  start();
  Visitor visitor(here);
  visitor.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345" + get("/b"));
  visitor.read_until("/b");
  visitor.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  visitor.read_until("/c");
  visitor.send("5\r\n12345\r\n0\r\n\r\n" + get("/d", "Connection: close\r\n"));
  EXPECT_NE(visitor.read_all().find("/d"), std::string::npos);
}

TEST_F(ServerTest, ALargeBodyIsNotReadAndTheAnswerArrivesAllTheSame) {
  start();
  Visitor visitor(here);
  visitor.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
  visitor.send(std::string(500'000, 'b'));
  const std::string answer = visitor.read_all();
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("/a"));
  EXPECT_FALSE(visitor.reset);
}

TEST_F(ServerTest, AnUnknownExpectationIsRefused) {
  start();
  Visitor visitor(here);
  visitor.send(get("/", "Expect: wonders\r\nConnection: close\r\n"));
  EXPECT_TRUE(visitor.read_all().starts_with("HTTP/1.1 417 "));
}

TEST_F(ServerTest, ALargeBodyGoesOutAsTheVisitorTakesIt) {
  start();
  Visitor visitor(here);
  visitor.send(get("/large") + get("/end", "Connection: close\r\n"));
  const std::string answers = visitor.read_all();
  EXPECT_EQ(count(answers, "x"), Echo::kLargeBytes);
  EXPECT_TRUE(answers.ends_with("/end"));
}

TEST_F(ServerTest, ABodyThatCannotBeCompletedEndsInAReset) {
  start();
  Visitor visitor(here);
  visitor.send(get("/torn"));
  EXPECT_LT(visitor.read_all().size(), Echo::kLargeBytes);
  EXPECT_TRUE(visitor.reset);
}

TEST_F(ServerTest, AHeadThatDripsInIsGivenUp) {
  start({.head_timeout = milliseconds(50)});
  Visitor visitor(here);
  visitor.send("GET / HTTP/1.1\r\nHost");
  EXPECT_TRUE(visitor.read_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  start({.idle_timeout = milliseconds(50)});
  Visitor visitor(here);
  visitor.send(get("/a"));
  visitor.read_until("/a");
  EXPECT_EQ(visitor.read_all(), "");
}

TEST_F(ServerTest, AnAnswerThatDoesNotComeIsA503) {
  start({.answer_timeout = milliseconds(50)});
  Visitor visitor(here);
  visitor.send(get("/never"));
  const std::string answer = visitor.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
}

TEST_F(ServerTest, AnApplicationMayGiveItselfMoreTime) {
  start({.answer_timeout = milliseconds(50)});
  Visitor patient(here), late(here), usual(here), other(here);
  patient.send(get("/patient", "Connection: close\r\n"));
  late.send(get("/late"));
  usual.send(get("/never"));
  EXPECT_NE(usual.read_all().find(" 503 "), std::string::npos);
  other.send(get("/release"));
  EXPECT_NE(patient.read_all().find("at last"), std::string::npos);
  EXPECT_NE(late.read_all().find(" 503 "), std::string::npos);
}

// Of a server, the backend is where its files come from.
TEST_F(ServerTest, WhereFilesDoNotComeInTimeTheVisitorIsNotBlamed) {
  struct Endings final : AccessObserver {
    bool reads_texts() const override { return false; }
    void on_exchange(const AccessRecord& record) override { all.push_back(record.ending); }
    std::vector<Ending> all;
  } endings;
  start(
      {.answer_timeout = milliseconds(50), .send_timeout = milliseconds(50), .observer = &endings});
  for (const char* path : {"/never", "/stops"}) {
    Visitor visitor(here);
    visitor.send(get(path));
    visitor.read_all();
  }
  std::promise<std::vector<Ending>> told;
  loop->post([&] { told.set_value(endings.all); });
  EXPECT_EQ(told.get_future().get(),
            (std::vector{Ending::kBackendStalled, Ending::kBackendStalled}));
}

TEST_F(ServerTest, AVisitorWhoTakesNothingIsResetAfterAWhile) {
  start({.send_timeout = milliseconds(50)});
  Visitor visitor(here);
  visitor.send(get("/large"));
  for (bool gone = false; !gone; std::this_thread::sleep_for(milliseconds(1))) {
    std::promise<bool> told;
    loop->post([&] { told.set_value(server->requests() == 1 && server->connections() == 0); });
    gone = told.get_future().get();
  }
  visitor.read_all();
  EXPECT_TRUE(visitor.reset);
}

// Epoll tells of room only when a third of what the kernel holds for him is gone.
TEST_F(ServerTest, AVisitorWhoTakesLittleIsNotReset) {
  start({.send_timeout = milliseconds(1000)});
  Visitor visitor(here);
  visitor.small_receive_window();
  visitor.send(get("/large"));
  const auto end = std::chrono::steady_clock::now() + milliseconds(3500);
  while (std::chrono::steady_clock::now() < end && visitor.take_some(2000))
    std::this_thread::sleep_for(milliseconds(20));
  EXPECT_FALSE(visitor.reset);
}

TEST_F(ServerTest, AVisitorWhoLeavesTakesItsRequestWithIt) {
  start();
  std::optional<Visitor> visitor(std::in_place, here);
  visitor->send(get("/large") + get("/never"));
  visitor->read_until("HTTP/1.1 200");
  visitor.reset();
  for (bool gone = false; !gone; std::this_thread::sleep_for(milliseconds(1))) {
    std::promise<bool> told;
    loop->post([&] { told.set_value(server->connections() == 0); });
    gone = told.get_future().get();
  }
}

// As from a disk that is slower than the visitor.
TEST_F(ServerTest, WhatComesSlowlyFromOurSideIsNoStallOfTheVisitors) {
  start({.send_timeout = milliseconds(1000)});
  for (int tries = 1; tries <= 5; ++tries) {
    echo.longest_pause = milliseconds(0);
    Visitor visitor(here);
    visitor.send(get("/drops"));
    const std::string answer = visitor.read_until(std::string(Echo::kDrops, 'x'));
    const bool late = echo.longest_pause.load() >= milliseconds(900);  // no drop was sent in time
    if (!answer.ends_with("xx") && late && tries < 5) continue;
    EXPECT_TRUE(answer.ends_with("xx"));
    EXPECT_FALSE(visitor.reset);
    return;
  }
}

TEST_F(ServerTest, DrainingAnswersWhoIsThroughTheDoor) {
  start();
  Visitor kept(here);
  kept.send(get("/a"));
  kept.read_until("/a");
  std::promise<void> begins, asked, drained;
  loop->post([&] {
    begins.set_value();
    asked.get_future().wait();
    server->drain([&] { drained.set_value(); });
  });
  begins.get_future().wait();  // from here on the loop hears nothing
  Visitor fresh(here);
  fresh.send(get("/b"));
  kept.send(get("/c"));
  asked.set_value();
  EXPECT_TRUE(fresh.read_all().ends_with("/b"));
  EXPECT_TRUE(kept.read_all().ends_with("/c"));
  drained.get_future().wait();
}

TEST_F(ServerTest, DrainingDoesNotWaitForAnotherRequestBehindABody) {
  start();
  Visitor visitor(here);
  visitor.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  visitor.read_until("/a");
  std::promise<void> begun, drained;
  loop->post([&] {
    server->drain([&] { drained.set_value(); });
    begun.set_value();
  });
  begun.get_future().wait();
  visitor.send("dy");
  EXPECT_EQ(visitor.read_all(), "");
  EXPECT_FALSE(visitor.reset);
  drained.get_future().wait();
}

// RFC 9112 §2.2: some visitors send one behind a body.
TEST_F(ServerTest, AnEmptyLineIsNoBeginningOfARequest) {
  start({.head_timeout = milliseconds(50), .idle_timeout = milliseconds(200)});
  Visitor visitor(here);
  visitor.send(get("/a") + "\r\n");
  visitor.read_until("/a");
  EXPECT_EQ(visitor.read_all(), "");
  Visitor another(here);
  another.send("\r\n\r\n" + get("/b", "Connection: close\r\n"));
  EXPECT_TRUE(another.read_all().ends_with("/b"));
}

TEST_F(ServerTest, DrainingFinishesWhatIsUnderWayAndClosesTheIdle) {
  start();
  Visitor idle(here), busy(here);
  idle.send(get("/a"));
  idle.read_until("/a");
  busy.send(get("/large"));
  busy.read_until("HTTP/1.1 200");
  std::promise<void> drained;
  loop->post([&] { server->drain([&] { drained.set_value(); }); });
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_GT(busy.read_all().size(), Echo::kLargeBytes - 65536);
  EXPECT_FALSE(busy.reset);
  drained.get_future().wait();
}

}  // namespace
}  // namespace bramble::http
