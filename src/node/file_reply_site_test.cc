// SPDX-License-Identifier: Apache-2.0
// What a site says of its answers: folder, links, passwords, listings.
#include "node/file_reply_fixture.hh"

#include <thread>

namespace bramble {
namespace {

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
  limits.links_time = std::chrono::milliseconds(0);
  get("/many/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find("a.txt"), std::string::npos);
  EXPECT_EQ(reply.body.find("b.txt"), std::string::npos);
  EXPECT_NE(reply.body.find("\"more\":true"), std::string::npos);
  volume.files.erase("many/b.txt");
  get("/many/");
  EXPECT_NE(reply.body.find("\"more\":false"), std::string::npos) << "hidden ones do not count";
}

// Before the visitor is told that no answer was found in time.
TEST_F(FileReplyTest, AListingThatTakesTooLongIsCutShort) {
  volume.files["many/a.txt"] = {.content = "12345"};
  site.listing = Listing::kJson;
  limits.may_take_time = true;
  limits.listing_time = std::chrono::milliseconds(0);
  get("/many/");
  EXPECT_EQ(reply.status, 503) << "nothing came: another node may have it";
  volume.files["many/b.txt"] = {.content = "678"};
  limits.listing_time = std::chrono::milliseconds(50);
  volume.on_entry = [] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); };
  get("/many/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find("a.txt"), std::string::npos);
  EXPECT_EQ(reply.body.find("b.txt"), std::string::npos);
  EXPECT_NE(reply.body.find("\"more\":true"), std::string::npos);
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
