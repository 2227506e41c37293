// SPDX-License-Identifier: Apache-2.0
// The site on a volume that blocks, over a real socket: worker threads, read-ahead, and what
// happens when the volume hangs or the visitor leaves. (The rest is tested in test/blackbox.)
#include "node/static_site.hh"

#include <crypt.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <future>
#include <optional>
#include <thread>

#include "http/server.hh"
#include "net/socket.hh"
#include "node/fake_volume.hh"
#include "node/read_ahead_body.hh"

namespace bramble {
namespace {

class StaticSiteTest : public ::testing::Test {
 protected:
  StaticSiteTest() {
    volume.blocking = true;
    volume.files["small.txt"] = {.content = "small"};
    std::string large;
    while (large.size() < 1'000'000) large += std::to_string(large.size()) + " ";
    volume.files["large.bin"] = {.content = large};
  }

  void start(WorkerPool::Options options = {.threads = 2, .queue_max = 64}) {
    pool.emplace(options);
    sites.emplace(std::vector{tables});
    site.emplace(*loop,
                 StaticSite::Shared{volume, *pool, *sites, coded, passwords, read_ahead, texts},
                 StaticSite::Options{
                     .health = [] { return StaticSite::Options::Health{.document = "{}"}; }});
    server.emplace(*loop, *site, http_options);
    UniqueFd fd = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
    here = local_address(fd.get()).value();
    ASSERT_TRUE(server->listen(std::move(fd)).ok());
    thread = std::thread([this] { loop->run(); });
  }

  ~StaticSiteTest() override {
    volume.release();
    loop->stop();
    thread.join();
    server.reset();
    pool->stop(std::chrono::seconds(10));
  }

  struct Visit {
    UniqueFd fd;
    bool reset = false;
  };

  Visit begin() {
    Visit visit{connect_to(here).value()};
    pollfd waiting = {.fd = visit.fd.get(), .events = POLLOUT, .revents = 0};
    ::poll(&waiting, 1, -1);
    return visit;
  }

  static void say(const Visit& visit, const std::string& requests) {
    EXPECT_EQ(::send(visit.fd.get(), requests.data(), requests.size(), 0),
              static_cast<ssize_t>(requests.size()));
  }

  Visit ask(const std::string& path, const std::string& fields = "") {
    Visit visit = begin();
    say(visit, "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + "\r\n");
    return visit;
  }

  static std::string read_all(Visit& visit) {
    std::string got;
    for (;;) {
      pollfd waiting = {.fd = visit.fd.get(), .events = POLLIN, .revents = 0};
      ::poll(&waiting, 1, -1);
      char piece[65536];
      const ssize_t n = ::recv(visit.fd.get(), piece, sizeof piece, 0);
      if (n < 0 && errno == EAGAIN) continue;
      visit.reset = n < 0;
      if (n <= 0) return got;
      got.append(piece, static_cast<std::size_t>(n));
    }
  }

  std::string get(const std::string& path, const std::string& fields = "") {
    Visit visit = ask(path, fields);
    return read_all(visit);
  }

  // Outlive the loop, whose connections hold files of theirs.
  FakeVolume volume;
  FakeVolume hand;
  FakeVolume kept;
  SiteOptions tables;
  std::optional<SiteTable> sites;
  CodedCache coded{1'000'000};
  ByteBudget read_ahead{16'000'000};
  ByteBudget texts{16'000'000};
  std::unique_ptr<Loop> loop = Loop::create().value();
  PasswordChecker passwords;
  std::optional<WorkerPool> pool;
  std::optional<StaticSite> site;
  http::ServerOptions http_options;
  std::optional<http::Server> server;
  Address here;
  std::thread thread;
};

TEST_F(StaticSiteTest, FilesAreReadByWorkers) {
  start();
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nsmall"));
  const std::string large = get("/large.bin");
  EXPECT_TRUE(large.ends_with("\r\n\r\n" + volume.files["large.bin"].content));
}

TEST_F(StaticSiteTest, WhatIsAtHandNeedsNoWorker) {
  hand.files["small.txt"] = {.content = "at hand"};
  volume.hand = &hand;
  start();
  volume.hold();
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nat hand"));
  EXPECT_EQ(pool->busy(), 0U);
  hand.in_memory = true;
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nat hand"));
  hand.open_error = ENOENT;
  EXPECT_TRUE(get("/missing").starts_with("HTTP/1.1 404 "));
}

TEST_F(StaticSiteTest, WhatIsGivenAgainIsTheSameOnTheWire) {
  hand.in_memory = true;
  hand.files["page.bin"] = {.content = std::string(30'000, 'p') + "end"};
  volume.hand = &hand;
  start();
  const auto without_date = [](std::string answer) {
    return answer.erase(answer.find("Date: "),
                        sizeof "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" - 1);
  };
  const std::string first = without_date(get("/page.bin"));
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n")) << first.substr(0, 500);
  EXPECT_TRUE(
      first.ends_with("\r\nContent-Length: 30003\r\n\r\n" + hand.files["page.bin"].content));
  EXPECT_NE(first.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(without_date(get("/page.bin")), first);

  std::string requests;  // more than the sockets take before anybody reads
  for (int i = 0; i < 400; ++i) requests += "GET /page.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  Visit visit = begin();
  say(visit, requests + "GET /page.bin HTTP/1.0\r\nHost: a\r\n\r\n");
  const std::string all = read_all(visit);
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = all.find("pend", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 401U);
  EXPECT_EQ(without_date(all.substr(all.rfind("HTTP/1.1 200 OK"))), first);
}

TEST_F(StaticSiteTest, WhatIsWholeInMemoryNeedsNoWorkerHoweverLargeItIs) {
  hand.in_memory = true;
  hand.files["huge.bin"] = {.content = std::string(9'000'000, 'h') + "end"};
  volume.hand = &hand;
  start();
  volume.hold();
  Visit slow = ask("/huge.bin");
  EXPECT_TRUE(get("/huge.bin").ends_with("\r\n\r\n" + hand.files["huge.bin"].content));
  EXPECT_TRUE(read_all(slow).ends_with("\r\n\r\n" + hand.files["huge.bin"].content));
  EXPECT_EQ(pool->busy() + pool->waiting(), 0U);
  EXPECT_EQ(hand.reads, 0);
}

TEST_F(StaticSiteTest, WhatIsNotAtHandIsReadByAWorker) {
  hand.open_error = EAGAIN;
  volume.hand = &hand;
  start();
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nsmall"));
  hand.open_error = 0;
  hand.files["small.txt"] = {.content = "status"};
  hand.read_error = EAGAIN;
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nsmall"));
}

TEST_F(StaticSiteTest, WhileTheVolumeHangsTheLoopGoesOn) {
  start();
  volume.hold();
  Visit waiting = ask("/small.txt");
  EXPECT_TRUE(get("/.bramble/health").starts_with("HTTP/1.1 200 OK"));
  volume.release();
  EXPECT_TRUE(read_all(waiting).ends_with("small"));
}

TEST_F(StaticSiteTest, WhenTheQueueIsFullVisitorsAreToldToComeAgain) {
  start({.threads = 1, .queue_max = 1});
  volume.hold();
  Visit working = ask("/small.txt");
  while (pool->busy() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Visit queued = ask("/small.txt");
  while (pool->waiting() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::string refused = get("/small.txt");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("Retry-After: 1\r\n"), std::string::npos);
  volume.release();
  EXPECT_TRUE(read_all(working).ends_with("small"));
  EXPECT_TRUE(read_all(queued).ends_with("small"));
}

// Each visitor's hash takes few rounds; "alice:secret" and "root:secret".
constexpr const char* kAlice = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
constexpr const char* kRoot = "Authorization: Basic cm9vdDpzZWNyZXQ=\r\n";
constexpr const char* kHash = "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2";

TEST_F(StaticSiteTest, APasswordIsNeededForThePathAndForTheFileThatAWorkerFinds) {
  volume.files["app.html"] = {.content = "the app"};
  volume.files["admin/index.html"] = {.content = "the admins' page"};
  tables.spa = "/app.html";
  tables.auth = {{"/admin/**", "admins", {{"root", kHash}}},
                 {"/app.html", "all", {{"alice", kHash}}}};
  start();
  for (int i = 0; i < 2; ++i) {  // checked, and remembered
    EXPECT_NE(get("/admin/").find("realm=\"admins\""), std::string::npos);
    EXPECT_NE(get("/admin/", kAlice).find("realm=\"admins\""), std::string::npos);
    EXPECT_TRUE(get("/admin/", kRoot).ends_with("the admins' page"));
    EXPECT_NE(get("/admin/none", kRoot).find("realm=\"all\""), std::string::npos);
    EXPECT_NE(get("/none").find("realm=\"all\""), std::string::npos);
    EXPECT_TRUE(get("/none", kAlice).ends_with("the app"));
    EXPECT_TRUE(get("/small.txt").ends_with("small"));
  }
}

TEST_F(StaticSiteTest, HashingIsNoPartOfTheAnswersTime) {
  crypt_data data{};
  const std::string slow = ::crypt_r("secret", "$5$rounds=600000$saltsalt", &data);
  tables.auth = {{"**", "all", {{"alice", slow}}}};
  hand.files["small.txt"] = {.content = "at hand"};
  volume.hand = &hand;
  http_options.answer_timeout = std::chrono::milliseconds(20);
  start();
  EXPECT_TRUE(get("/small.txt", kAlice).ends_with("at hand"));
}

// The next request is taken while the answer to the first is still given: it lets the file go.
TEST_F(StaticSiteTest, WhatIsGivenAgainMayBeForgottenRightBehindIt) {
  tables.auth = {{"**", "all", {{"alice", kHash}, {"root", kHash}}}};
  hand.in_memory = true;
  hand.files["small.txt"] = {.content = "at hand"};
  volume.hand = &hand;
  start();
  get("/small.txt", kAlice);  // whose password is remembered; root's is checked meanwhile
  hand.on_close = [this, closed = 0]() mutable {
    if (++closed == 2) hand.files["small.txt"].headed = nullptr;  // as that of root's first answer
  };
  Visit visit = begin();
  say(visit, "GET /small.txt HTTP/1.1\r\nHost: a\r\n" + std::string(kRoot) +
                 "\r\nGET /small.txt HTTP/1.0\r\n" + kRoot + "\r\n");
  const std::string both = read_all(visit);
  EXPECT_EQ(both.find("at hand"), both.find("\r\n\r\n") + 4) << both;
  EXPECT_TRUE(both.ends_with("at hand"));
  EXPECT_NE(both.find("at hand"), both.rfind("at hand"));
}

TEST_F(StaticSiteTest, WhoLacksThePasswordNeedsNoWorker) {
  tables.auth = {{"**", "all", {{"alice", kHash}}}};
  start();
  volume.hold();
  EXPECT_TRUE(get("/small.txt").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(get("/small.txt", kRoot).starts_with("HTTP/1.1 401 "));
  EXPECT_EQ(pool->busy(), 0U);
}

TEST_F(StaticSiteTest, WhatIsKeptIsGivenWhenTheVolumeHasNotAnsweredInTime) {
  kept.files["small.txt"] = {.content = "kept"};
  volume.kept_files = &kept;
  volume.hold();
  http_options.answer_timeout = std::chrono::milliseconds(50);
  start();
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nkept"));
  kept.open_error = EAGAIN;
  EXPECT_TRUE(get("/small.txt").starts_with("HTTP/1.1 503 "));
}

TEST_F(StaticSiteTest, NothingThatIsKeptIsGivenWithoutItsPassword) {
  hand.open_error = EAGAIN;
  kept.files["small.txt"] = {.content = "kept"};
  kept.files["index.html"] = {.content = "kept, too"};
  volume.hand = &hand;
  volume.kept_files = &kept;
  volume.hold();
  tables.auth = {{"*.html", "all", {{"alice", kHash}}}};
  http_options.answer_timeout = std::chrono::milliseconds(50);
  start();
  EXPECT_TRUE(get("/small.txt").ends_with("kept"));
  EXPECT_TRUE(get("/").starts_with("HTTP/1.1 401 ")) << "the file that is kept needs one";
  EXPECT_TRUE(get("/index.html").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(get("/", kAlice).starts_with("HTTP/1.1 503 ")) << "and is not given unchecked";
  EXPECT_TRUE(get("/index.html", kAlice).ends_with("kept, too"));
  EXPECT_TRUE(get("/", kAlice).ends_with("kept, too"));
}

TEST_F(StaticSiteTest, WhatIsKeptIsGivenWhenTheQueueIsFull) {
  kept.files["small.txt"] = {.content = "kept"};
  volume.kept_files = &kept;
  volume.hold();
  start({.threads = 1, .queue_max = 1});
  Visit working = ask("/small.txt");
  while (pool->busy() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Visit queued = ask("/small.txt");
  while (pool->waiting() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(get("/small.txt").ends_with("\r\n\r\nkept"));
}

TEST_F(StaticSiteTest, ALargeFileThatChangesUnderItsReaderEndsInAReset) {
  volume.change_after_reads = 3;
  start();
  Visit visit = ask("/large.bin");
  EXPECT_LT(read_all(visit).size(), volume.files["large.bin"].content.size());
  EXPECT_TRUE(visit.reset);
}

TEST_F(StaticSiteTest, PiecesAreLargeWhereThereIsMemoryForThem) {
  start();
  EXPECT_TRUE(get("/large.bin").ends_with(volume.files["large.bin"].content));
  EXPECT_EQ(volume.reads, 4);  // of 256 KB
}

TEST_F(StaticSiteTest, WhereTheMemoryIsUsedUpPiecesAreSmall) {
  read_ahead.set(0);
  start();
  EXPECT_TRUE(get("/large.bin").ends_with(volume.files["large.bin"].content));
  EXPECT_EQ(volume.reads, 62);  // of 16 KB
}

TEST_F(StaticSiteTest, ManyVisitorsShareLittleMemoryAndAllAreServed) {
  constexpr std::size_t kBytes = 100'000;
  read_ahead.set(kBytes);
  start();
  std::vector<Visit> visits;
  for (int i = 0; i < 20; ++i) visits.push_back(ask("/large.bin"));
  for (Visit& visit : visits)
    EXPECT_TRUE(read_all(visit).ends_with(volume.files["large.bin"].content));
  EXPECT_EQ(read_ahead.take(kBytes, kBytes), kBytes) << "all of it was given back";
}

TEST_F(StaticSiteTest, AVisitorWhoLeavesIsForgotten) {
  start();
  volume.hold();
  ask("/small.txt");
  ask("/large.bin");
  while (pool->busy() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  volume.release();
  EXPECT_TRUE(get("/small.txt").ends_with("small"));
}

TEST_F(StaticSiteTest, AFileIsClosedByAWorkerHoweverManyReadsWait) {
  start();
  std::promise<std::thread::id> closed;
  volume.on_close = [&] { closed.set_value(std::this_thread::get_id()); };
  std::promise<void> working, released;
  WorkerPool stuck({.threads = 1, .queue_max = 1});
  ASSERT_TRUE(stuck.try_submit([&] {
    working.set_value();
    released.get_future().wait();
  }));
  working.get_future().wait();
  ASSERT_TRUE(stuck.try_submit([] {}));
  ASSERT_FALSE(stuck.try_submit([] {}));
  retire(volume.open("large.bin").value(), stuck);
  released.set_value();
  EXPECT_NE(closed.get_future().get(), std::this_thread::get_id());
}

}  // namespace
}  // namespace bramble
