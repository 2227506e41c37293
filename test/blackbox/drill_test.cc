// SPDX-License-Identifier: Apache-2.0
// bramble drill at a site that is not the lab's: load, downloads, and what they saw.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/file.hh"
#include "base/process.hh"
#include "child_process.hh"
#include "scripted_backend.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

Outcome drill(std::vector<std::string> words) {
  words.insert(words.begin(), {BRAMBLE_PROGRAM, "drill"});
  return run({.argv = std::move(words)}).value();
}

class Drill : public testing::Test {
 protected:
  Drill() {
    write_file(folder_.path() + "/index.html", "hello").value();
    write_file(folder_.path() + "/film.bin", std::string(3'000'000, 'x')).value();
    server_.emplace(std::vector<std::string>{BRAMBLE_PROGRAM, "serve", folder_.path(), "--listen",
                                             "127.0.0.1:0"});
    url_ = "http://127.0.0.1:" + server_->after("on http://127.0.0.1:");
  }

  TemporaryFolder folder_;
  std::optional<ChildProcess> server_;
  std::string url_;
};

TEST_F(Drill, TellsWhatVisitorsSaw) {
  const testing::Matcher<std::string> this_machine_was_late = testing::ContainsRegex(
      "requests   [0-9]+, [0-9]+ failed \\([0-9]+ × nobody was free to ask\\); ");
  Outcome outcome;
  for (int tries = 0; tries < 3; ++tries) {
    outcome = drill({"--url", url_, "--load", "100", "--for", "4", "--downloads", "2", "--file",
                     "/film.bin", "--rate", "6"});
    if (!this_machine_was_late.Matches(outcome.out)) break;
  }
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(", 0 failed; median "));
  EXPECT_THAT(outcome.out, HasSubstr(", 0 failed, 0 with other bytes; "));
}

TEST_F(Drill, EndsWithOneWhereAnythingFailed) {
  const Outcome outcome =
      drill({"--url", url_, "--load", "20", "--for", "4", "--path", "/nowhere", "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("\"failed\": "));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("\"all\": 0,\n    \"failed\": 0,\n    \"long")));
}

TEST_F(Drill, AsksForAnotherFileEachTimeWhereThePathHasANumber) {
  for (int i = 0; i < 20; ++i)
    write_file(folder_.path() + fmt::format("/page-{}.html", i), "hello").value();
  const Outcome outcome =
      drill({"--url", url_, "--load", "10", "--for", "8", "--path", "/page-{n}.html", "--json"});
  EXPECT_EQ(outcome.status, 1);  // from the twentieth on there are none
  const auto told = nlohmann::json::parse(outcome.out).at("requests");
  EXPECT_EQ(told.at("failed").get<int>(), told.at("all").get<int>() - 20);
}

TEST_F(Drill, EndsAfterSoManyDownloads) {
  const Outcome outcome = drill({"--url", url_, "--load", "0", "--count", "7", "--downloads", "3",
                                 "--file", "/film.bin", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  const auto told = nlohmann::json::parse(outcome.out).at("downloads");
  EXPECT_EQ(told.at("all"), 7);
  EXPECT_EQ(told.at("whole"), 7);
}

std::string url_of(const ScriptedBackend& server) {
  return "http://" + server.where().substr(server.where().find('=') + 1);
}

// The first download is what the six are compared with.
TEST(DrillOfAServer, NoticesOtherBytes) {
  std::atomic<int> asked = 0;
  ScriptedBackend server("a", [&asked](BackendPeer& peer) {
    while (peer.request()) peer.answer(std::string(300'000, asked++ < 2 ? 'x' : 'y'));
  });
  const Outcome outcome = drill({"--url", url_of(server), "--load", "0", "--count", "6",
                                 "--downloads", "1", "--file", "/film.bin"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("downloads  6, 1 whole, 0 failed, 5 with other bytes; "));
  EXPECT_THAT(outcome.err, testing::ContainsRegex("Z download 2: other bytes; [0-9]+ ms"));
}

// Of a file whose first download, with which the others are compared, is whole.
TEST(DrillOfAServer, TellsOfTheSilenceAtTheEndOfATornDownload) {
  std::atomic<int> asked = 0;
  ScriptedBackend server("a", [&asked](BackendPeer& peer) {
    if (!peer.request()) return;
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    if (asked++ == 0) return peer.send(head + "hello");
    peer.send(head + "he");
    std::this_thread::sleep_for(std::chrono::seconds(4));
  });
  const Outcome outcome = drill({"--url", url_of(server), "--load", "0", "--count", "1",
                                 "--downloads", "1", "--file", "/f", "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, testing::ContainsRegex("\"longest_silence_ms\": [1-9][0-9]{3}\\."));
  EXPECT_THAT(outcome.err, testing::ContainsRegex("Z download 1: a torn body; [1-9][0-9]{3} ms of "
                                                  "silence before byte 2\n"));
}

// As a browser does: or what is measured is how long connecting takes.
TEST(DrillOfAServer, KeepsTheConnectionThatA404CameBy) {
  std::atomic<int> connections = 0;
  ScriptedBackend server("a", [&connections](BackendPeer& peer) {
    ++connections;
    while (peer.request()) peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nthere");
  });
  const Outcome outcome = drill({"--url", url_of(server), "--load", "100", "--for", "4", "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_GT(nlohmann::json::parse(outcome.out).at("requests").at("all"), 200);
  EXPECT_LT(connections, 100);
}

// A chunk is as long as it happens to be, and what comes before the answer is no answer.
TEST(DrillOfAServer, KnowsChunksAndHintsForWhatTheyAre) {
  std::atomic<std::size_t> answers{0};
  ScriptedBackend server("a", [&answers](BackendPeer& peer) {
    while (peer.request()) {
      const std::string body(30'000, 'x');
      const std::size_t cut = ++answers * 1000;
      std::string answer =
          "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
      for (const std::string& piece : {body.substr(0, cut), body.substr(cut)})
        answer += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
      peer.send(answer + "0\r\n\r\n");
    }
  });
  const Outcome outcome = drill({"--url", url_of(server), "--load", "0", "--count", "6",
                                 "--downloads", "2", "--file", "/report", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  const auto told = nlohmann::json::parse(outcome.out).at("downloads");
  EXPECT_EQ(told.at("bytes"), 6 * 30'000);
}

TEST(DrillOfAServer, CountsWhatNobodyWasFreeToAskFor) {
  ScriptedBackend server("a", [](BackendPeer& peer) {
    if (peer.request()) std::this_thread::sleep_for(std::chrono::seconds(5));
  });
  const Outcome outcome = drill({"--url", url_of(server), "--load", "100", "--for", "4", "--json"});
  EXPECT_EQ(outcome.status, 1);
  const auto told = nlohmann::json::parse(outcome.out).at("requests");
  EXPECT_GT(told.at("failed").get<int>(), 200) << "of 400 none was answered";
  EXPECT_GT(told.at("p99_ms").get<double>(), 2000);
}

TEST(DrillOfAServer, CtrlCIsNoFailure) {
  std::atomic<int> asked = 0;
  ScriptedBackend server("a", [&asked](BackendPeer& peer) {
    if (!peer.request()) return;
    if (asked++ == 0) return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    peer.wait_for_close();
  });
  ChildProcess drill({BRAMBLE_PROGRAM, "drill", "--url", url_of(server), "--load", "1", "--for",
                      "60", "--downloads", "1", "--file", "/f"});
  EXPECT_NE(server.wait_for_request(3), "");
  drill.signal(SIGINT);
  EXPECT_EQ(drill.wait(), 0) << drill.out() << drill.err();
  (void)drill.after("no such line");  // until it has said all
  EXPECT_THAT(drill.out(), HasSubstr("requests   0, 0 failed; "));
  EXPECT_THAT(drill.out(), HasSubstr("downloads  0, 0 whole, 0 failed, "));
}

TEST(DrillUsage, SaysWhatIsMissing) {
  EXPECT_THAT(drill({"cut"}).err, HasSubstr("a HOST is needed: there are "));
  EXPECT_THAT(drill({"cut", "cluster09"}).err,
              HasSubstr("\"cluster09\" is not a host of the lab: there are "));
  EXPECT_THAT(drill({"cut", "cluster01", "cluster09"}).err,
              HasSubstr("\"cluster09\" is not a host of the lab: there are "));
  EXPECT_THAT(drill({"cut", "cluster01", "--times", "0"}).err,
              HasSubstr("is no whole number from 1 to 10000"));
  EXPECT_THAT(drill({"cut", "cluster01", "--times", "30"}).err, HasSubstr("each fault needs 2 s"));
  EXPECT_THAT(drill({"--downloads", "3"}).err, HasSubstr("--downloads needs --file"));
  EXPECT_THAT(drill({"--load", "0"}).err, HasSubstr("no visitors"));
  EXPECT_THAT(drill({"kill", "cluster01", "--aim"}).err, HasSubstr("--aim needs a FAULT"));
  EXPECT_THAT(drill({"--aim", "--downloads", "3", "--file", "/f"}).err,
              HasSubstr("--aim needs a FAULT"));
  EXPECT_THAT(drill({"kill", "cluster01", "--aim", "--times", "2"}).err, HasSubstr("excludes"));
  EXPECT_THAT(drill({"--count", "3"}).err, HasSubstr("--count needs --downloads"));
  EXPECT_THAT(drill({"cut", "cluster01", "--count", "3", "--downloads", "1", "--file", "/f"}).err,
              HasSubstr("--count goes with --aim"));
  EXPECT_THAT(drill({"cut", "front", "--url", "http://127.0.0.1:1/"}).err,
              HasSubstr("leave --url out"));
  EXPECT_THAT(drill({"cut", "--url", "http://127.0.0.1:1/"}).err, HasSubstr("leave --url out"));
  EXPECT_THAT(drill({"--url", "http://127.0.0.1:1/index.html"}).err, HasSubstr("goes to --path"));
  EXPECT_THAT(drill({"--url", "HTTPS://127.0.0.1/"}).err, HasSubstr("knows no TLS"));
  EXPECT_THAT(drill({"--url", "http://"}).err, HasSubstr("names no server"));
  EXPECT_THAT(drill({"--path", "index.html"}).err, HasSubstr("--path: bad path \"index.html\""));
  EXPECT_THAT(drill({"--file", "/a b"}).err, HasSubstr("--file: bad path \"/a b\""));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"cut"},
                                                {"--load", "0"},
                                                {"burn", "front"},
                                                {"--url", "http://a/b"}})
    EXPECT_EQ(drill(words).status, 2);
}

}  // namespace
}  // namespace bramble::test
