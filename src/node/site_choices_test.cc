// SPDX-License-Identifier: Apache-2.0
#include "node/site_choices.hh"

#include <gtest/gtest.h>

#include "base/text.hh"

namespace bramble {
namespace {

RequestPath path(std::string_view text) {
  RequestPath to;
  EXPECT_EQ(decode_path(text, to), PathFault::kNone) << text;
  return to;
}

std::string names(const SiteOptions& site, std::string_view text) {
  std::vector<std::string> names;
  const auto note = [&](const std::string& name) { return names.push_back(name), false; };
  EXPECT_FALSE(try_names(site, path(text), note));
  return join(names, " | ");
}

TEST(SiteChoices, APathIsAFileOrAFoldersIndex) {
  const SiteOptions site{.index = {"index.html", "index.htm"}};
  EXPECT_EQ(names(site, "/a/b"), "a/b");
  EXPECT_EQ(names(site, "/a/b/"), "a/b/index.html | a/b/index.htm");
  EXPECT_EQ(names(site, "/"), "index.html | index.htm");
}

TEST(SiteChoices, WhatAnswersIsTheLastThatIsTried) {
  const SiteOptions site{.index = {"a", "b", "c"}, .tries = {"{path}", "/all.html"}};
  std::string last;
  EXPECT_TRUE(try_names(site, path("/"), [&](const std::string& name) {
    last = name;
    return name == "b";
  }));
  EXPECT_EQ(last, "b");
}

TEST(SiteChoices, PatternsAreTriedInOrder) {
  const SiteOptions site{.tries = {"{path}", "{path}.html", "{path}/index.html", "/all.html"}};
  EXPECT_EQ(names(site, "/a/b"), "a/b | a/b.html | a/b/index.html | all.html");
  EXPECT_EQ(names(site, "/a/"), "a/index.html | a/index.html | all.html");
  EXPECT_EQ(names(site, "/"), "index.html | index.html | all.html");
  EXPECT_EQ(names(site, "/.well-known"), ".well-known | .well-known/index.html | all.html")
      << ".well-known.html is hidden";
  EXPECT_EQ(names(site, "/.well-known/a"),
            ".well-known/a | .well-known/a.html | .well-known/a/index.html | all.html");
}

TEST(SiteChoices, WhatIsNowhereHasAPageUnlessItLooksLikeAFile) {
  const SiteOptions site{.spa = "/app.html"};
  for (const char* asked : {"/", "/a", "/a/b/", "/a.b/c"})
    EXPECT_EQ(fallback_name(site, path(asked)), "app.html") << asked;
  for (const char* asked : {"/a.js", "/x/a.css", "/a.", "/a.b/"})
    EXPECT_EQ(fallback_name(site, path(asked)), "") << asked;
  EXPECT_EQ(fallback_name({}, path("/a")), "");
}

std::string to(const SiteOptions& site, std::string_view asked, std::string_view query = "") {
  const std::optional<Redirection> found = redirection(site, path(asked), query);
  return found ? std::to_string(found->status) + " " + found->location : "";
}

TEST(SiteChoices, ARedirectTakesThePathOrAllBelowIt) {
  const SiteOptions site{.redirects = {{"/a", "/b", 302},
                                       {"/old/*", "https://x.org/new/*", 301},
                                       {"/old/exact", "/there?q=1", 308},
                                       {"/gone/*", "/", 301},
                                       {"/part", "/page#part?", 301}}};
  EXPECT_EQ(to(site, "/a"), "302 /b");
  EXPECT_EQ(to(site, "/a", "x=1"), "302 /b?x=1");
  EXPECT_EQ(to(site, "/a/"), "");
  EXPECT_EQ(to(site, "/ab"), "");
  EXPECT_EQ(to(site, "/old/x/y%20z/"), "301 https://x.org/new/x/y%20z/");
  EXPECT_EQ(to(site, "/old/"), "301 https://x.org/new/");
  EXPECT_EQ(to(site, "/old"), "301 https://x.org/new/");
  EXPECT_EQ(to(site, "/older"), "");
  EXPECT_EQ(to(site, "/old/exact", "x"), "308 /there?q=1") << "the last one counts";
  EXPECT_EQ(to(site, "/gone/a/b"), "301 /");
  EXPECT_EQ(to(site, "/part", "x=1"), "301 /page?x=1#part?") << "RFC 3986 §3";
}

TEST(SiteChoices, NobodyChoosesWhereARedirectLeads) {
  const SiteOptions site{.redirects = {{"/*", "/new/*", 301}, {"/out/*", "/*", 301}}};
  EXPECT_EQ(to(site, "/%0d%0aSet-Cookie:%20a"), "301 /new/%0D%0ASet-Cookie%3A%20a");
  EXPECT_EQ(to(site, "/out//evil.example"), "301 /evil.example");
  EXPECT_EQ(to(site, "/out/%5cevil.example"), "301 /%5Cevil.example");
}

std::string lacking(const SiteOptions& site, std::string_view path,
                    const std::vector<const SiteAuth*>& let_in = {}) {
  const SiteAuth* const auth = auth_lacking(site, path, let_in);
  return auth != nullptr ? auth->realm : "";
}

TEST(SiteChoices, TheLastTableThatMatchesAsksForAPassword) {
  const SiteOptions site{.auth = {{"/private/**", "a", {}}, {"*.htm", "b", {}}}};
  EXPECT_EQ(lacking(site, "/private/"), "a");
  EXPECT_EQ(lacking(site, "/private/x"), "a");
  EXPECT_EQ(lacking(site, "/private"), "") << "only redirected";
  EXPECT_EQ(lacking(site, "/privateer"), "");
  EXPECT_EQ(lacking(site, "/x.htm"), "b");
  EXPECT_EQ(lacking(site, "/private/x.htm"), "b");
  EXPECT_EQ(lacking(site, "/private/x.htm", {&site.auth[1]}), "");
  EXPECT_EQ(lacking(site, "/private/x.htm", {&site.auth[0]}), "b") << "of another table";
}

TEST(SiteChoices, AFilesCodedFormNeedsItsPasswordToo) {
  const SiteOptions site{.auth = {{"*.html", "a", {}}, {"*.zst", "b", {}}}};
  EXPECT_EQ(lacking(site, "/x.html.br"), "a");
  EXPECT_EQ(lacking(site, "/x.html.gz.br"), "a");
  EXPECT_EQ(lacking(site, "/x.html.br", {&site.auth[0]}), "");
  EXPECT_EQ(lacking(site, "/x.html.zst"), "b");
  EXPECT_EQ(lacking(site, "/x.html.zst", {&site.auth[1]}), "a") << "both count";
  EXPECT_EQ(lacking(site, "/x.html.zst", {&site.auth[1], &site.auth[0]}), "");
  EXPECT_EQ(lacking(site, "/x.br"), "");
  EXPECT_EQ(lacking(site, "/html.br"), "");
}

TEST(SiteChoices, HeadersGoByGlobAndTheLastOfANameCounts) {
  const SiteOptions site{.headers = {{"**", {{"X-A", "1"}, {"X-B", "2"}}},
                                     {"*.css", {{"x-a", "3"}, {"Content-Type", "text/x"}}}},
                         .caching = {{"**", "no-cache"}, {"/assets/**", "max-age=9"}}};
  TextBuffer fields;
  append_headers(site, "/a.html", fields);
  EXPECT_EQ(fields.text(), "X-A: 1\r\nX-B: 2\r\n");
  fields.clear();
  append_headers(site, "/a.css", fields);
  EXPECT_EQ(fields.text(), "X-B: 2\r\nx-a: 3\r\n");
  EXPECT_EQ(type_of(site, "/a.css"), "text/x");
  EXPECT_EQ(type_of(site, "/a.html"), "text/html; charset=utf-8");
  fields.clear();
  append_caching(site, "/assets/a", fields);
  append_caching(site, "/b", fields);
  append_caching({}, "/b", fields);
  EXPECT_EQ(fields.text(), "Cache-Control: max-age=9\r\nCache-Control: no-cache\r\n");
}

}  // namespace
}  // namespace bramble
