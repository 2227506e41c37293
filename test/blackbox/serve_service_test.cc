// SPDX-License-Identifier: Apache-2.0
// `bramble serve DIR` as a service: its time limits, how it ends, what it logs and counts.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.hh"
#include "serve_fixture.hh"

namespace bramble::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using ServeServiceTest = ServeTest;

TEST_F(ServeServiceTest, AHeadThatDripsInIsGivenUpWhileOthersAreServed) {
  start({"--head-timeout", "0.3"});
  RawClient slow(port);
  slow.send("GET / HTTP/1.1\r\nHost: a\r\nX-");
  EXPECT_EQ(get("/docs/").body, "docs");
  EXPECT_EQ(slow.answer().status(), 408);
  EXPECT_EQ(slow.end(), End::kClosed);
}

TEST_F(ServeServiceTest, AnIdleConnectionIsClosed) {
  start({"--idle-timeout", "2"});
  RawClient client(port);
  EXPECT_EQ(client.ask(request("GET", "/docs/")).body, "docs");
  EXPECT_EQ(client.rest(), "");
  EXPECT_EQ(client.end(), End::kClosed);
}

TEST_F(ServeServiceTest, TheHealthDocumentHoldsTheVitals) {
  const std::string vitals = outside.write("vitals.json", "{\"temperature\": 42.5}");
  start({}, vitals);
  const RawAnswer answer = get("/.bramble/health");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(answer.field("X-Served-By"), "node-under-test");
  EXPECT_THAT(answer.body, HasSubstr("\"name\":\"node-under-test\",\"status\":\"ok\""));
  EXPECT_THAT(answer.body, HasSubstr("\"vitals\":{\"temperature\":42.5}"));
}

TEST_F(ServeServiceTest, TheHealthDocumentIsNotForVisitorsOfABalancer) {
  start();
  for (const char* via : {"Via: 1.1 front\r\n", "Via:\r\nVia: 1.1 front\r\n"}) {
    const RawAnswer answer = get("/.bramble/health", via);
    EXPECT_EQ(answer.status(), 404) << via;
    EXPECT_EQ(answer.body.find("node-under-test"), std::string::npos) << via;
  }
}

TEST_F(ServeServiceTest, OnSigtermADownloadUnderWayIsFinished) {
  start();
  RawClient idle(port), client(port);
  idle.ask(request("GET", "/docs/"));
  client.send(request("GET", "/large.bin"));
  std::string got = client.bytes(1000);
  server->signal(SIGTERM);
  EXPECT_EQ(idle.rest(), "") << "an idle connection is closed at once";
  got += client.rest();
  EXPECT_EQ(client.end(), End::kClosed);
  EXPECT_TRUE(got.ends_with(large_content)) << got.size();
  EXPECT_EQ(server->wait(), 0);
  EXPECT_EQ(RawClient(port).ask(request("GET", "/")).status(), 0) << "no one listens any more";
}

TEST_F(ServeServiceTest, OnSigtermTheLimitCutsOffWhoTakesNothing) {
  start({"--drain-limit", "0.3"});
  RawClient client(port);
  client.small_receive_window();
  client.send(request("GET", "/large.bin"));
  client.bytes(1000);
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait(), 0);
}

TEST_F(ServeServiceTest, ASecondSignalEndsItAtOnce) {
  start({"--drain-limit", "3600"});
  RawClient client(port);
  client.small_receive_window();
  client.send(request("GET", "/large.bin"));
  client.bytes(1000);
  server->signal(SIGTERM);
  while (RawClient(port).ask(request("GET", "/")).status() != 0) {
  }  // it has closed its door: the first signal was seen
  server->signal(SIGINT);
  EXPECT_EQ(server->wait(), 0);
}

TEST_F(ServeServiceTest, EachRequestIsALineOfTheAccessLog) {
  const std::string log = outside.path() + "/access.log";
  start({"--access-log", log});
  RawClient client(port);
  client.ask(request("GET", "/docs/", "Referer: http://x/\"y\r\nUser-Agent: me\r\n"));
  client.ask(request("GET", "/none"));
  client.ask(request("GET", "/large.bin", "Range: bytes=0-99999\r\n"));
  RawClient(port).ask("GARBAGE\r\n\r\n");
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait(), 0);
  const std::string lines = read_file(log).value();
  EXPECT_THAT(lines, StartsWith("127.0.0.1 - - ["));
  EXPECT_THAT(lines, HasSubstr("\"GET /docs/ HTTP/1.1\" 200 4 \"http://x/\\x22y\" \"me\" wait="));
  EXPECT_THAT(lines, HasSubstr("\"GET /none HTTP/1.1\" 404 "));
  EXPECT_THAT(lines, HasSubstr("\"GET /large.bin HTTP/1.1\" 206 100000 "));
  EXPECT_THAT(lines, HasSubstr("\"-\" 400 "));
  EXPECT_THAT(lines, HasSubstr("end=bad-request\n"));
  EXPECT_THAT(lines, HasSubstr("end=ok\n"));
}

TEST_F(ServeServiceTest, AVisitorWhoLeavesIsLoggedWithWhatItGot) {
  const std::string log = outside.path() + "/access.log";
  start({"--access-log", log, "--log-format", "json"});
  {
    RawClient client(port);
    client.small_receive_window();
    client.send(request("GET", "/large.bin"));
    client.bytes(1000);
    client.reset();
  }
  while (read_file(log).value().empty()) ::usleep(10'000);
  EXPECT_THAT(read_file(log).value(), HasSubstr("\"end\":\"client-aborted\""));
  EXPECT_THAT(read_file(log).value(), Not(HasSubstr("\"bytes\":0,")));
}

TEST_F(ServeServiceTest, MetricsAreToldOnTheAdminAddressAlone) {
  start({"--admin", "127.0.0.1:0"});
  get("/docs/");
  get("/none");
  const std::string behind = server->after("metrics at http://127.0.0.1:");
  const auto admin = static_cast<std::uint16_t>(std::stoi(behind));
  RawAnswer answer;  // a request is counted a moment after its answer's last byte
  for (int looks = 0; looks < 1000; ++looks) {
    answer = RawClient(admin).ask(request("GET", "/metrics"));
    if (answer.body.find("bramble_request_seconds_count 2\n") != std::string::npos) break;
    ::usleep(10'000);
  }
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.body, HasSubstr("bramble_answers_total{code=\"2xx\"} 1\n"));
  EXPECT_THAT(answer.body, HasSubstr("bramble_answers_total{code=\"4xx\"} 1\n"));
  EXPECT_EQ(get("/metrics").status(), 404);
}

TEST_F(ServeServiceTest, WhatCannotBeServedIsToldWithTheReason) {
  const auto ends = [](std::vector<std::string> arguments, int status, const std::string& why) {
    arguments.insert(arguments.begin(), {BRAMBLE_PROGRAM, "serve"});
    ChildProcess program(arguments);
    EXPECT_EQ(program.wait(), status);
    EXPECT_THAT(program.after("bramble: "), HasSubstr(why));
  };
  ends({"/does/not/exist"}, 2, "/does/not/exist: No such file or directory");
  ends({}, 2, "DIR or --volume HOST:VOLUME[/PATH] is required");
  ends({"/tmp", "--listen", "here"}, 2, "\"here\" is not HOST:PORT: the port is missing");
  ends({"/tmp", "--volume", "a:b"}, 2, "excludes");
  ends({"/tmp", "--name", "a b"}, 2, "must be of printable ASCII without blanks");
  start();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  ends({"/tmp", "--listen", address}, 1, "bind " + address + ": Address already in use");
}

}  // namespace
}  // namespace bramble::test
