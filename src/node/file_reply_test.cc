// SPDX-License-Identifier: Apache-2.0
#include "node/file_reply.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

#include "node/fake_volume.hh"

namespace bramble {
namespace {

class FileReplyTest : public ::testing::Test {
 protected:
  FileReplyTest() {
    volume.files["index.html"] = {.content = "<h1>home</h1>"};
    volume.files["docs/index.html"] = {.content = "docs"};
    volume.files["a b.txt"] = {.content = "0123456789"};
    volume.files["empty.css"] = {};
    volume.files["big.bin"] = {.content = std::string(100'000, 'b')};
  }

  void get(const std::string& path, http::Conditions conditions = {}, bool head = false) {
    FileQuery query{.site = &site,
                    .let_in = let_in,
                    .conditions = std::move(conditions),
                    .codings = codings,
                    .head = head,
                    .now = 1'790'000'000};
    const std::size_t mark = path.find('?');
    if (mark != std::string::npos) query.query = path.substr(mark + 1);
    ASSERT_EQ(decode_path(path.substr(0, mark), query.path), PathFault::kNone);
    look_up(volume, query, limits, reply, trouble);
  }

  bool has(std::string_view field) const {
    return ("\r\n" + reply.fields).find("\r\n" + std::string(field) + "\r\n") != std::string::npos;
  }

  void accept(const std::string& value) {
    const http::Field field{"Accept-Encoding", value, http::FieldName::kAcceptEncoding};
    codings = http::AcceptedCodings(std::span(&field, 1));
  }

  std::string field(const std::string& name) const {
    const std::size_t at = ("\r\n" + reply.fields).find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 2;
    return reply.fields.substr(begin, reply.fields.find("\r\n", begin) - begin);
  }

  // The realm whose password is lacking for the path.
  std::string lock(const std::string& path, std::vector<const SiteAuth*> has = {}) {
    let_in = std::move(has);
    get(path);
    EXPECT_EQ(reply.locked_by == nullptr, reply.status != 0);
    EXPECT_EQ(reply.locked_by == nullptr, reply.length > 0);
    return reply.locked_by != nullptr ? reply.locked_by->realm : "";
  }

  SiteOptions site;
  std::vector<const SiteAuth*> let_in;
  http::AcceptedCodings codings;
  CodedCache coded{1'000'000};
  FakeVolume volume;
  FileReplyLimits limits{.whole_bytes_max = 1000, .ahead_bytes = 5000};
  FileReply reply;
  std::string trouble;
};

TEST_F(FileReplyTest, ASmallFileComesWholeWithItsValidators) {
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "0123456789");
  EXPECT_EQ(reply.length, 10U);
  EXPECT_EQ(reply.file, nullptr);
  EXPECT_TRUE(has("Content-Type: text/plain; charset=utf-8")) << reply.fields;
  EXPECT_TRUE(has("ETag: \"v1-10\""));
  EXPECT_TRUE(has("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(has("Accept-Ranges: bytes"));
}

TEST_F(FileReplyTest, ContentInMemoryIsNotCopied) {
  volume.in_memory = true;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.held.data(), volume.files["a b.txt"].content.data());
  EXPECT_EQ(reply.held, "0123456789");
  EXPECT_NE(reply.file, nullptr) << "whose memory it is";
  get("/a%20b.txt", {.range = "bytes=2-4"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.held, "234");
  limits.ahead_bytes = 0;
  get("/big.bin");
  EXPECT_EQ(reply.held.data(), volume.files["big.bin"].content.data()) << "however large";
  EXPECT_EQ(reply.held.size(), 100'000U);
  EXPECT_EQ(reply.rest_bytes, 0U);
  EXPECT_EQ(volume.reads, 0);
}

TEST_F(FileReplyTest, WhatIsNotAtHandIsNoAnswer) {
  volume.read_error = EAGAIN;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 0);
  get("/a%20b.txt", {}, /*head=*/true);
  EXPECT_EQ(reply.status, 200) << "of the content nothing is needed";
  volume.open_error = EAGAIN;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 0);
  EXPECT_EQ(trouble, "");
}

// Its head would go out, and then a reset.
TEST_F(FileReplyTest, ALargeFileWhoseContentIsNotAtHandIsNoAnswerToo) {
  limits.ahead_bytes = 0;  // as on a loop
  volume.read_error = EAGAIN;
  get("/big.bin");
  EXPECT_TRUE(reply.needs_worker);
  get("/big.bin", {.range = "bytes=0-1999,50000-59999"});
  EXPECT_TRUE(reply.needs_worker);
  get("/big.bin", {}, /*head=*/true);
  EXPECT_EQ(reply.status, 200);
}

TEST_F(FileReplyTest, AFolderIsAnsweredByItsIndexAndOnlyWithASlash) {
  get("/");
  EXPECT_EQ(reply.body, "<h1>home</h1>");
  get("/docs/");
  EXPECT_EQ(reply.body, "docs");
  get("/docs?x=1");
  EXPECT_EQ(reply.status, 301);
  EXPECT_TRUE(has("Location: /docs/?x=1")) << reply.fields;
  get("/a%20b.txt/");
  EXPECT_EQ(reply.status, 404);
}

TEST_F(FileReplyTest, AFolderNamedLikeAHostIsNotRedirectedToThere) {
  volume.files["evil.example/index.html"] = {};
  get("//evil.example");
  EXPECT_TRUE(has("Location: /evil.example/")) << reply.fields;
}

TEST_F(FileReplyTest, ALargeFileIsBegunAndTheRestIsLeftInIt) {
  get("/big.bin");
  EXPECT_EQ(reply.body.size(), 5000U);
  EXPECT_EQ(reply.length, 100'000U);
  ASSERT_NE(reply.file, nullptr);
  EXPECT_EQ(reply.rest_first, 5000U);
  EXPECT_EQ(reply.rest_bytes, 95'000U);
}

TEST_F(FileReplyTest, HeadTellsTheLengthAndReadsNothing) {
  get("/big.bin", {.range = "bytes=0-1"}, true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 100'000U);
  EXPECT_EQ(reply.file, nullptr);
  EXPECT_EQ(volume.reads, 0);
}

TEST_F(FileReplyTest, ARangeIsAnsweredWithItsPart) {
  get("/a%20b.txt", {.range = "bytes=2-4"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.body, "234");
  EXPECT_TRUE(has("Content-Range: bytes 2-4/10"));
  get("/big.bin", {.range = "bytes=-50000"});
  EXPECT_EQ(reply.length, 50'000U);
  EXPECT_EQ(reply.rest_first, 55'000U);
  get("/a%20b.txt", {.range = "bytes=10-"});
  EXPECT_EQ(reply.status, 416);
  EXPECT_TRUE(has("Content-Range: bytes */10"));
  get("/a%20b.txt", {.if_range = "\"older\"", .range = "bytes=2-4"});
  EXPECT_EQ(reply.status, 200);
}

TEST_F(FileReplyTest, ConditionsDecide) {
  get("/a%20b.txt", {.if_none_match = "\"v1-10\""});
  EXPECT_EQ(reply.status, 304);
  EXPECT_TRUE(has("ETag: \"v1-10\""));
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(volume.reads, 0);
  get("/a%20b.txt", {.if_match = "\"other\""});
  EXPECT_EQ(reply.status, 412);
}

TEST_F(FileReplyTest, AnEmptyFileIsAnEmptyBody) {
  get("/empty.css");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 0U);
  EXPECT_EQ(reply.file, nullptr);
}

TEST_F(FileReplyTest, EachErrorOfTheVolumeHasItsStatus) {
  get("/none");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(trouble, "");
  volume.open_error = EACCES;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 403);
  volume.open_error = ENOTCONN;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(has("Retry-After: 1"));
  EXPECT_NE(trouble, "");
  volume.open_error = 0;
  volume.read_error = EIO;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(trouble, "");
}

TEST_F(FileReplyTest, AFileThatChangesWhileItIsReadIsReadAgain) {
  volume.change_after_reads = 1;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "9876543210") << "never the old bytes with the new version";
  EXPECT_TRUE(has("ETag: \"v2-10\""));
}

TEST_F(FileReplyTest, AFileThatIsReplacedBeforeItIsReadIsLookedUpAgain) {
  for (const int code : {ESTALE, ENOENT}) {
    volume.files["a b.txt"] = {.content = "old", .version = 1};
    volume.on_read = [&, first = true]() mutable {
      if (!std::exchange(first, false)) return 0;
      volume.files["a b.txt"] = {.content = "the new one", .version = 2};
      return code;
    };
    get("/a%20b.txt");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "the new one");
    EXPECT_TRUE(has("ETag: \"v2-11\"")) << reply.fields;
    EXPECT_EQ(trouble, "");
  }
}

TEST_F(FileReplyTest, ALargeFileThatIsReplacedBeforeItIsReadIsLookedUpAgain) {
  volume.on_read = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return 0;
    volume.files["big.bin"] = {.content = std::string(200'000, 'n'), .version = 2};
    return ESTALE;
  };
  get("/big.bin");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, std::string(5000, 'n'));
  EXPECT_EQ(reply.rest_bytes, 195'000U);
  EXPECT_NE(reply.file, nullptr);
}

TEST_F(FileReplyTest, AFileThatIsRemovedBeforeItIsReadIsNotThere) {
  volume.on_read = [&] { return volume.files.erase("a b.txt"), ESTALE; };
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(trouble, "");
}

TEST_F(FileReplyTest, AFileThatIsReplacedAgainAndAgainIsGivenUp) {
  int reads = 0;
  volume.on_read = [&] { return ++reads, ESTALE; };
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reads, 3);
}

TEST_F(FileReplyTest, AFileThatNeverRestsIsNotGivenTorn) {
  volume.always_changing = true;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(trouble.find("changes faster"), std::string::npos);
}

TEST_F(FileReplyTest, WhatIsToBeCompressedIsLeftToAWorker) {
  volume.files["a.css"] = {.content = std::string(900, 'c')};
  limits.coded = &coded;
  accept("gzip, br");
  get("/a.css");
  EXPECT_TRUE(reply.needs_worker);
  EXPECT_EQ(volume.reads, 0);
  limits.may_take_time = true;
  get("/a.css");
  EXPECT_FALSE(reply.needs_worker);
  EXPECT_EQ(field("Content-Encoding"), "br");
  EXPECT_EQ(field("ETag"), "W/\"v1-900-br\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  EXPECT_LT(reply.length, 100U);
  EXPECT_EQ(reply.held.size(), reply.length);
  limits.may_take_time = false;
  const std::string body(reply.held);
  get("/a.css");
  EXPECT_EQ(reply.held, body) << "from the cache, on any thread";
  EXPECT_EQ(volume.reads, 1);
  volume.files["a.css"] = {.content = std::string(901, 'd'), .version = 2};
  get("/a.css");
  EXPECT_TRUE(reply.needs_worker) << "another content";
}

TEST_F(FileReplyTest, ConditionsAreMetWithoutCompressing) {
  volume.files["a.css"] = {.content = std::string(900, 'c')};
  limits.coded = &coded;
  accept("gzip");
  get("/a.css", {.if_none_match = "W/\"v1-900-gz\""});
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  get("/a.css", {.if_match = "W/\"v1-900-gz\""});
  EXPECT_EQ(reply.status, 412) << "a weak tag never matches strongly";
  EXPECT_EQ(volume.reads, 0);
}

TEST_F(FileReplyTest, AFileThatChangesWhileItIsCompressedIsLookedUpAgain) {
  volume.files["a.css"] = {.content = std::string(500, 'a') + std::string(500, 'b')};
  volume.change_after_reads = 1;
  limits.coded = &coded;
  limits.may_take_time = true;
  accept("gzip");
  get("/a.css");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(field("ETag"), "W/\"v2-1000-gz\"") << "never the old bytes with the new version";
  volume.always_changing = true;
  volume.files["b.css"] = {.content = std::string(1000, 'b')};
  get("/b.css");
  EXPECT_EQ(reply.status, 503);
}

TEST_F(FileReplyTest, WhatGetsNoShorterIsGivenAsItIs) {
  std::string noise;
  for (unsigned i = 1; noise.size() < 600; i = i * 1103515245 + 12345)
    noise += static_cast<char>(i >> 16U);
  volume.files["a.css"] = {.content = noise};
  limits.coded = &coded;
  limits.may_take_time = true;
  accept("gzip");
  get("/a.css");
  EXPECT_EQ(field("Content-Encoding"), "");
  EXPECT_EQ(field("ETag"), "\"v1-600\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  EXPECT_EQ(reply.body, noise);
}

TEST_F(FileReplyTest, OfACodedFileSeveralPartsAreNotGiven) {
  volume.files["a.css"] = {.content = "x"};
  volume.files["a.css.gz"] = {.content = std::string(900, 'z'), .version = 5};
  accept("gzip");
  get("/a.css", {.range = "bytes=0-1"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(field("Content-Range"), "bytes 0-1/900");
  EXPECT_EQ(field("ETag"), "\"v5-900-gz\"");
  get("/a.css", {.range = "bytes=0-1,800-801"});
  EXPECT_EQ(reply.status, 200);
}

TEST_F(FileReplyTest, AFileBesideItThatIsOlderByAnyTimeWasMadeOfAnotherContent) {
  constexpr time_t kSecond = 784111777;
  const auto stands_in = [&](timespec file, timespec beside) {
    volume.files["a.css"] = {.content = "x", .modified = file};
    volume.files["a.css.gz"] = {.content = "coded", .modified = beside};
    accept("gzip");
    get("/a.css");
    return reply.body == "coded";
  };
  EXPECT_TRUE(stands_in({kSecond, 5'000'000}, {kSecond, 5'000'000}));
  EXPECT_TRUE(stands_in({kSecond, 5'000'000}, {kSecond, 5'000'001}));
  EXPECT_FALSE(stands_in({kSecond, 5'000'002}, {kSecond, 5'000'001}));
  EXPECT_FALSE(stands_in({kSecond, 5'000'000}, {kSecond, 4'000'000}));
  EXPECT_FALSE(stands_in({kSecond, 0}, {kSecond - 1, 999'999'999}));
  EXPECT_TRUE(stands_in({kSecond, 999'999'999}, {kSecond + 1, 0}));
  EXPECT_TRUE(stands_in({kSecond, 5'123'456}, {kSecond, 0})) << "cut off to seconds";
  EXPECT_TRUE(stands_in({kSecond, 5'123'456}, {kSecond, 5'123'000})) << "to microseconds";
}

TEST_F(FileReplyTest, ASiteLiesInItsFolderOfTheVolume) {
  volume.files["blog/index.html"] = {.content = "blog"};
  volume.files["blog/404.html"] = {.content = "not here"};
  site.root = "/blog";
  site.error_pages = {{404, "/404.html"}};
  get("/");
  EXPECT_EQ(reply.body, "blog");
  get("/docs/");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "not here");
  EXPECT_EQ(field("Content-Type"), "text/html; charset=utf-8");
  get("/none", {}, true);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.length, 8U);
  site.error_pages = {{404, "/lost.html"}};
  get("/none");
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.why, "") << "a line of text instead of a page that is not there";
}

TEST_F(FileReplyTest, LinksThatTakeTooLongAreLeftOutOfAListing) {
  volume.files["many/a.txt"] = {.content = "12345"};
  volume.files["many/b.txt"] = {.content = "678", .link = true};
  volume.files["many/.hidden"] = {.link = true};
  site.listing = Listing::kJson;
  limits.may_take_time = true;
  get("/many/");
  EXPECT_NE(reply.body.find("b.txt"), std::string::npos);
  EXPECT_NE(reply.body.find("\"size\":3"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find("\"more\":false"), std::string::npos);
  limits.listing_time = std::chrono::milliseconds(0);
  get("/many/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find("a.txt"), std::string::npos);
  EXPECT_EQ(reply.body.find("b.txt"), std::string::npos);
  EXPECT_NE(reply.body.find("\"more\":true"), std::string::npos);
  volume.files.erase("many/b.txt");
  get("/many/");
  EXPECT_NE(reply.body.find("\"more\":false"), std::string::npos) << "hidden ones do not count";
}

TEST_F(FileReplyTest, APasswordIsNeededForThePathAndForTheFileThatAnswers) {
  volume.files["app.html"] = {.content = "the app"};
  volume.files["admin/index.html"] = {.content = "the admins' page"};
  site.spa = "/app.html";
  site.auth = {{"/admin/**", "root", {}}, {"/app.html", "alice", {}}};
  const SiteAuth *const root = &site.auth[0], *const alice = &site.auth[1];
  EXPECT_EQ(lock("/admin/"), "root");
  EXPECT_EQ(lock("/admin/", {alice}), "root") << "what could have answered does not count";
  EXPECT_EQ(lock("/admin/", {root}), "");
  EXPECT_EQ(reply.body, "the admins' page");
  EXPECT_EQ(lock("/admin/none", {root}), "alice") << "the app answers";
  EXPECT_EQ(lock("/admin/none", {alice}), "root");
  EXPECT_EQ(lock("/admin/none", {root, alice}), "");
  EXPECT_EQ(lock("/anything"), "alice");
  EXPECT_EQ(lock("/a%20b.txt"), "");
}

TEST_F(FileReplyTest, ANameThatIsTriedNeedsItsOwnPassword) {
  volume.files["secret/a.html"] = {.content = "secret"};
  volume.files["open.html"] = {.content = "open"};
  site.tries = {"{path}", "{path}.html"};
  site.auth = {{"*.html", "b", {}}, {"/secret/**", "a", {}}};
  EXPECT_EQ(lock("/secret/a", {&site.auth[0]}), "a");
  EXPECT_EQ(lock("/secret/a", {&site.auth[1]}), "");
  site.auth = {{"/secret/**", "a", {}}, {"*.html", "b", {}}};
  EXPECT_EQ(lock("/secret/a", {&site.auth[1]}), "a");
  EXPECT_EQ(lock("/secret/a", {&site.auth[0]}), "b");
  EXPECT_EQ(lock("/secret/none", {&site.auth[1]}), "a") << "nor is told what is there";
  EXPECT_EQ(lock("/open"), "b");
  EXPECT_EQ(lock("/", {&site.auth[0]}), "b") << "its index is one";
}

TEST_F(FileReplyTest, AFolderWithoutAnIndexIsListedWhereTheSiteSaysSo) {
  volume.files["many/a.txt"] = {.content = "12345"};
  volume.files["many/sub/b.txt"] = {};
  volume.files["many/.hidden"] = {};
  get("/many/");
  EXPECT_EQ(reply.status, 404) << "off by default";
  site.listing = Listing::kJson;
  get("/many/");
  EXPECT_TRUE(reply.needs_worker);
  limits.may_take_time = true;
  get("/many/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(field("Content-Type"), "application/json");
  EXPECT_EQ(reply.body,
            "{\"path\":\"/many/\",\"entries\":["
            "{\"name\":\"sub\",\"type\":\"folder\",\"modified\":\"1994-11-06T08:49:37Z\"},"
            "{\"name\":\"a.txt\",\"type\":\"file\",\"modified\":\"1994-11-06T08:49:37Z\","
            "\"size\":5}],\"more\":false}\n");
  site.listing = Listing::kHtml;
  get("/many/", {}, true);
  EXPECT_EQ(field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.body, "");
  EXPECT_GT(reply.length, 0U);
  get("/docs/");
  EXPECT_EQ(reply.body, "docs") << "it has an index";
  get("/none/");
  EXPECT_EQ(reply.status, 404);
  get("/a%20b.txt/");
  EXPECT_EQ(reply.status, 404);
}

}  // namespace
}  // namespace bramble
