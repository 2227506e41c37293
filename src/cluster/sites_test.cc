// SPDX-License-Identifier: Apache-2.0
// [[site]] tables: read, told apart from faulty ones, written and read again.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "base/file.hh"
#include "cluster/load.hh"
#include "cluster/sites_to_toml.hh"

namespace bramble {
namespace {

constexpr const char* kFull = R"([[site]]
host          = "*.example.org"
root          = "/blog"
index         = ["index.html", "index.htm"]
try           = ["{path}", "{path}.html"]
spa           = "/app.html"
listing       = "json"
methods       = ["GET", "HEAD"]
precompressed = false
compress      = false
error-pages   = { 404 = "/404.html", 503 = "/wait.html" }
[[site.redirect]]
from   = "/old/*"
to     = "https://example.org/new/*"
status = 308
[[site.header]]
for = "/assets/**"
set = { X-Frame-Options = "DENY", Content-Type = "text/x \"quoted\"" }
[[site.cache]]
for     = "*.js"
control = "public, max-age=31536000, immutable"
[[site.auth]]
for   = "/private/**"
realm = "the archive"
users = { alice = "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234" }

[[site]]
host = "*"
)";

class SitesTest : public ::testing::Test {
 protected:
  ~SitesTest() override { ::unlink(path_.c_str()); }

  Result<std::vector<SiteOptions>> load(const std::string& text) {
    EXPECT_TRUE(write_file(path_, text).ok());
    return load_sites(path_);
  }

  // What is told when `from` is replaced in the full text; without the file's name.
  std::string fault_with(const std::string& from, const std::string& to) {
    std::string text = kFull;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const Result<std::vector<SiteOptions>> sites = load(text);
    if (sites.ok()) return "";
    EXPECT_EQ(sites.error().side, Side::kClient);
    return sites.error().what.substr(path_.size() + 1);
  }

  const std::string path_ = "/tmp/bramble_sites_test_" + std::to_string(::getpid()) + ".toml";
};

TEST_F(SitesTest, AFileOfSitesAloneIsRead) {
  const Result<std::vector<SiteOptions>> sites = load(kFull);
  ASSERT_TRUE(sites.ok()) << sites.error().what;
  ASSERT_EQ(sites->size(), 2U);
  const SiteOptions& site = sites->front();
  EXPECT_EQ(site.host, "*.example.org");
  EXPECT_EQ(site.root, "/blog");
  EXPECT_EQ(site.index, (std::vector<std::string>{"index.html", "index.htm"}));
  EXPECT_EQ(site.tries, (std::vector<std::string>{"{path}", "{path}.html"}));
  EXPECT_EQ(site.spa, "/app.html");
  EXPECT_EQ(site.listing, Listing::kJson);
  EXPECT_EQ(site.methods, (std::vector<std::string>{"GET", "HEAD"}));
  EXPECT_FALSE(site.precompressed);
  EXPECT_FALSE(site.compress);
  ASSERT_EQ(site.error_pages.size(), 2U);
  EXPECT_EQ(site.error_pages[0].status, 404);
  EXPECT_EQ(site.error_pages[1].page, "/wait.html");
  ASSERT_EQ(site.redirects.size(), 1U);
  EXPECT_EQ(site.redirects[0].to, "https://example.org/new/*");
  EXPECT_EQ(site.redirects[0].status, 308);
  ASSERT_EQ(site.headers.size(), 1U);
  EXPECT_EQ(site.headers[0].fields[1], (NamedText{"X-Frame-Options", "DENY"}));
  ASSERT_EQ(site.caching.size(), 1U);
  EXPECT_EQ(site.caching[0].glob, "*.js");
  ASSERT_EQ(site.auth.size(), 1U);
  EXPECT_EQ(site.auth[0].users[0].name, "alice");
  EXPECT_EQ(sites->back().tries, std::vector<std::string>{"{path}"}) << "the default";
}

TEST_F(SitesTest, WrittenAndReadAgainTheyAreTheSame) {
  const std::vector<SiteOptions> sites = load(kFull).value();
  const std::string text = sites_to_toml(sites);
  const Result<std::vector<SiteOptions>> again = load(text);
  ASSERT_TRUE(again.ok()) << again.error().what << text;
  EXPECT_EQ(sites_to_toml(*again), text);
  for (const char* piece : {"X-Frame-Options", "immutable", "the archive", "$2y$10$", "{path}.html",
                            "/wait.html", "308", "json", "compress = false", "HEAD", "/app.html"})
    EXPECT_NE(text.find(piece), std::string::npos) << piece;
}

TEST_F(SitesTest, FaultsAreToldWithTheirPlace) {
  EXPECT_EQ(fault_with("spa  ", "spaa "), "6:1: unknown key \"spaa\", did you mean \"spa\"?");
  EXPECT_EQ(fault_with("control = \"pub", "contrl = \"pub"),
            "19:1: [[site.cache]] lacks \"control\": add control = \"no-cache\"\n" + path_ +
                ":21:1: unknown key \"contrl\", did you mean \"control\"?");
  EXPECT_EQ(fault_with("404 = ", "4o4 = "),
            "11:19: bad status \"4o4\": one from 400 to 599 is needed");
  EXPECT_EQ(fault_with("status = 308", "status = 304"),
            "15:10: 304 does not redirect: 301, 302, 303, 307 or 308 is needed");
  EXPECT_EQ(fault_with("from   = \"/old/*\"", "from   = \"/old\""),
            "14:10: the star in \"to\" stands for that at the end of \"from\", which has none");
  EXPECT_EQ(fault_with("X-Frame-Options =", "Content-Length ="),
            "18:9: Content-Length is the server's own: no other value would be true");
  EXPECT_EQ(fault_with("\"DENY\"", "5"),
            "18:27: \"X-Frame-Options\" must be a string, not an integer");
  EXPECT_EQ(fault_with("[[site.auth]]", "[site.auth]"),
            "22:1: \"auth\" must be an array of tables, [[site.auth]], not a table");
  EXPECT_EQ(fault_with("host = \"*\"", "host = \"*.example.org\""),
            "28:8: the host \"*.example.org\" is taken already in line 2");
  EXPECT_EQ(fault_with("$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "secret")
                .substr(0, 25),
            "25:19: bad password hash:");
}

TEST_F(SitesTest, NobodyIsToldToInventACluster) {
  EXPECT_EQ(load(std::string(kFull) + "[[sites]]\nhost = \"b\"\n").error().what,
            path_ + ":29:3: unknown key \"sites\", did you mean \"site\"?");
  EXPECT_EQ(load("# nothing yet\n").error().what,
            path_ + ":1:1: the file lacks \"site\": add a [[site]] table with host = \"*\"");
}

TEST_F(SitesTest, WhatIsEmptyIsNoChoice) {
  const std::string text = "[[site]]\nhost = \"a\"\n";
  EXPECT_EQ(load(text + "index = []\n").error().what,
            path_ + ":3:9: \"index\" is empty: name one at least, or leave it out");
  EXPECT_EQ(load(text + "[[site.auth]]\nusers = {}\n").error().what,
            path_ + ":4:9: \"users\" is empty: name one at least, or leave it out");
  EXPECT_EQ(load(text + "error-pages = {}\n").error().what,
            path_ + ":3:15: \"error-pages\" is empty: name one at least, or leave it out");
  EXPECT_EQ(load(text + "auth = []\n").error().what,
            path_ + ":3:8: \"auth\" is empty: name one at least, or leave it out");
}

TEST_F(SitesTest, ThoseOfAClustersFileAreRead) {
  const Result<std::vector<SiteOptions>> sites = load(std::string(R"(name = "berry"
[[node]]
name = "a"
address = "10.0.0.1"
[[node]]
name = "b"
address = "10.0.0.2"
[[node]]
name = "c"
address = "10.0.0.3"
[volume]
brick = { free-space = true }
)") + kFull);
  ASSERT_TRUE(sites.ok()) << sites.error().what;
  EXPECT_EQ(sites->front().host, "*.example.org");
  EXPECT_NE(load("name = \"berry\"\n" + std::string(kFull)).error().what.find("0 of at least 3"),
            std::string::npos)
      << "half a cluster is none";
}

}  // namespace
}  // namespace bramble
