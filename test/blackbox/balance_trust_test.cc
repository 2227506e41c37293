// SPDX-License-Identifier: Apache-2.0
// Who tells for whom it asks: proxies in front that are trusted, and the balancer to its backends.
#include <filesystem>
#include <fstream>

#include "balance_fixture.hh"
#include "base/file.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kTold =
    "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
    "X-Request-Id: theirs\r\n\r\n";

TEST_F(BalanceTest, BelievesATrustedProxyInFront) {
  ScriptedBackend& a = backend("a");
  balance({"--trust-forwarded-from", "127.0.0.0/8", "--forwarded"});
  EXPECT_EQ(ask(kTold).status(), 200);
  const std::string seen = a.wait_for_request();
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-Proto: https\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Request-Id: theirs\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nForwarded: for=127.0.0.1;host=\"x\";proto=http\r\n"));
  EXPECT_THAT(log_lines(1)[0], testing::StartsWith("203.0.113.9 - - ["));
  EXPECT_THAT(log_lines(1)[0], testing::EndsWith(" id=theirs"));
}

TEST_F(BalanceTest, BelievesNobodyElse) {
  ScriptedBackend& a = backend("a");
  balance({"--trust-forwarded-from", "10.0.0.0/8"});
  EXPECT_EQ(ask(kTold).status(), 200);
  const std::string seen = a.wait_for_request();
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(seen, Not(HasSubstr("theirs")));
  EXPECT_THAT(log_lines(1)[0], testing::StartsWith("127.0.0.1 - - ["));
}

TEST_F(BalanceTest, LogsTheIdThatTheBackendGets) {
  ScriptedBackend& a = backend("a");
  balance();
  ask();
  const std::string seen = a.wait_for_request();
  const std::size_t at = seen.find("X-Request-Id: ") + 14;
  EXPECT_THAT(log_lines(1)[0],
              testing::EndsWith(" id=" + seen.substr(at, seen.find('\r', at) - at)));
}

const std::vector<std::string> kAcceptProxy = {"--trust-forwarded-from", "127.0.0.1",
                                               "--accept-proxy"};

TEST_F(BalanceTest, TakesTheVisitorsAddressFromAProxyHeader) {
  ScriptedBackend& a = backend("a");
  balance(kAcceptProxy);
  const std::string v1 = "PROXY TCP4 203.0.113.9 198.51.100.9 51234 80\r\n";
  const std::string v2 = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16) +
                         std::string("\xcb\x00\x71\x0a\xc6\x33\x64\x09\xc8\x22\x00\x50", 12);
  RawClient visitor = client();
  EXPECT_EQ(visitor.ask(v1 + std::string(kGet)).status(), 200);
  EXPECT_EQ(visitor.ask(kTold).status(), 200) << "one header a connection";
  EXPECT_THAT(a.wait_for_request(1), HasSubstr("\r\nX-Forwarded-For: 203.0.113.9\r\n"));
  EXPECT_THAT(a.wait_for_request(2), HasSubstr("\r\nX-Forwarded-For: 203.0.113.9\r\n"))
      << "the visitor itself is not trusted";
  RawClient slow = client();
  for (const char c : v2 + std::string(kGet)) slow.send(std::string_view(&c, 1));
  EXPECT_EQ(slow.answer().status(), 200);
  EXPECT_THAT(a.wait_for_request(3), HasSubstr("\r\nX-Forwarded-For: 203.0.113.10\r\n"));
  EXPECT_EQ(ask("PROXY UNKNOWN\r\n" + std::string(kGet)).status(), 200);
  EXPECT_THAT(a.wait_for_request(4), HasSubstr("\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  EXPECT_THAT(log_lines(1)[0], testing::StartsWith("203.0.113.9 - - ["));
}

TEST_F(BalanceTest, RefusesATrustedConnectionWithoutAProxyHeader) {
  ScriptedBackend& a = backend("a");
  balance(kAcceptProxy);
  for (const std::string& bytes :
       {std::string(kGet), std::string("PROXY TCP4 1.2.3.4\r\n") + std::string(kGet),
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n" + std::string(kGet),
        "PROXY UNKNOWN " + std::string(200, 'x') + "\r\n" + std::string(kGet)}) {
    RawClient visitor = client();
    EXPECT_EQ(visitor.ask(bytes).status(), 400) << bytes;
    EXPECT_EQ(visitor.end(), End::kClosed);
  }
  EXPECT_TRUE(a.requests().empty());
}

TEST_F(BalanceTest, TakesAProxyHeaderFromNobodyElse) {
  ScriptedBackend& a = backend("a");
  balance({"--trust-forwarded-from", "10.0.0.0/8", "--accept-proxy"});
  EXPECT_EQ(ask("PROXY TCP4 203.0.113.9 198.51.100.9 51234 80\r\n" + std::string(kGet)).status(),
            400);
  EXPECT_TRUE(a.requests().empty());
  EXPECT_EQ(ask().body, "a\n");
}

// Each connection to a backend speaks for one visitor, so it serves one request.
TEST_F(BalanceTest, TellsBackendsForWhomItConnects) {
  backend("a", [this](BackendPeer& peer) {
    const std::string start = peer.some();
    if (start.empty()) return;                   // the test is over
    if (start.starts_with("PROXY UNKNOWN\r\n"))  // a health check
      return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(start, testing::MatchesRegex("PROXY TCP4 127.0.0.1 127.0.0.1 [0-9]+ [0-9]+\r\nGET "
                                             "/ HTTP/1.1\r\n(.|\r|\n)*"));
    ++count_;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.wait_for_close();
  });
  balance({"--send-proxy", "v1"});
  RawClient visitor = client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(visitor.ask(kGet).body, "ok");
  EXPECT_EQ(count_, 3U);
  EXPECT_THAT(status(), HasSubstr("\"healthy\""));
}

// Of /proc/net/tcp: connections that we have closed first.
std::size_t waiting_connections_to(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  const std::string row = fmt::format(" 0100007F:{:04X} 06 ", port);
  std::size_t count = 0;
  for (std::string line; std::getline(table, line);) count += line.find(row) != line.npos ? 1 : 0;
  return count;
}

// Who closes first keeps the port for a minute, and of ports to one backend there are 28,000.
TEST_F(BalanceTest, AConnectionForOneVisitorLeavesNoPortInUse) {
  ScriptedBackend& a = backend("a", [](BackendPeer& peer) {
    if (peer.some().starts_with("PROXY UNKNOWN\r\n"))  // a health check
      return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.wait_for_close();
  });
  balance({"--send-proxy", "v1", "--check-interval", "60000"});
  const std::size_t of_others = waiting_connections_to(a.port());  // who had its port before
  RawClient visitor = client();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(visitor.ask(kGet).body, "ok");
  EXPECT_LE(waiting_connections_to(a.port()), of_others + 1) << "but for the check's";
}

TEST_F(BalanceTest, TellsBackendsInBinaryToo) {
  backend("a", [](BackendPeer& peer) {
    const std::string start = peer.some();
    const bool binary = start.starts_with(std::string("\r\n\r\n\0\r\nQUIT\n", 12));
    peer.send(binary ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : "nonsense\r\n\r\n");
  });
  balance({"--send-proxy", "v2"});
  EXPECT_EQ(ask().body, "ok");
}

TEST(BalanceUsage, TellsWhomNobodyCanTrust) {
  for (const auto& [flags, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--accept-proxy"}, "--accept-proxy needs --trust-forwarded-from"},
           {{"--trust-forwarded-from", "10.0.0.1/8"}, "bits set behind its length"},
           {{"--trust-forwarded-from", "everybody"}, "is no address or prefix"}}) {
    std::vector<std::string> argv = {BRAMBLE_PROGRAM, "balance", "--to", "127.0.0.1:1"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    ChildProcess balancer(argv);
    EXPECT_EQ(balancer.wait(), 2) << says;
    (void)balancer.after("no such line");  // until it has said all
    EXPECT_THAT(balancer.err(), HasSubstr(says));
  }
}

TEST_F(BalanceTest, WritesJsonWhereAskedFor) {
  backend("a");
  balance({"--log-format", "json"});
  ask();
  EXPECT_THAT(log_lines(1)[0],
              testing::MatchesRegex(
                  "\\{\"time\":\"[-0-9T:]+Z\",\"client\":\"127.0.0.1\",\"request\":"
                  "\"GET / HTTP/1.1\",\"status\":200,.*\"end\":\"ok\",\"id\":\"[0-9a-f]+\"\\}"));
}

TEST_F(BalanceTest, OpensItsLogAnewOnAsking) {
  backend("a");
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/access.log";
  balance({"--access-log", path});
  const auto lines_in = [](const std::string& file) {
    for (int i = 0; i < 2000; ++i) {
      const Result<std::string> text = read_file(file);
      if (text.ok() && !text->empty()) return lines(*text).size();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return std::size_t{0};
  };
  ask();
  EXPECT_EQ(lines_in(path), 1U);
  std::filesystem::rename(path, path + ".1");
  balancer_->signal(SIGUSR1);
  for (int i = 0; i < 2000 && !std::filesystem::exists(path); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ask();
  EXPECT_EQ(lines_in(path), 1U);
  EXPECT_EQ(lines_in(path + ".1"), 1U);
}

TEST_F(BalanceTest, CountsWhatItDoesForPrometheus) {
  backend("a", [](BackendPeer& peer) {
    while (const auto request = peer.request()) {
      if (request->starts_with("GET /bad"))
        peer.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
      else
        peer.answer("x");
    }
  });
  balance();
  for (int i = 0; i < 3; ++i) ask();
  ask("GET /bad HTTP/1.1\r\nHost: x\r\n\r\n");
  ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
  ask("nonsense\r\n\r\n");
  const std::string text =
      RawClient(admin_port_).ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body;
  for (const char* line :
       {"bramble_backend_answers_total{backend=\"a\",code=\"2xx\"} 3\n",
        "bramble_backend_answers_total{backend=\"a\",code=\"5xx\"} 1\n",
        "bramble_backend_answer_seconds_count{backend=\"a\"} 4\n",
        "bramble_request_seconds_count 5\n", "bramble_endings_total{end=\"ok\"} 4\n",
        "bramble_endings_total{end=\"bad-request\"} 2\n", "bramble_bad_requests_total 2\n",
        "bramble_backend_ejections_total{backend=\"a\"} 0\n",
        "bramble_loop_lag_seconds{thread=\"0\"} "})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace bramble::test
