// SPDX-License-Identifier: Apache-2.0
// `bramble serve` with [[site]] tables, and with the flags that say the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "child_process.hh"
#include "raw_client.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The hash is of "secret", with few rounds, so that the tests are fast.
constexpr const char* kTables = R"(
[[site]]
host = "example.org"
root = "/main"
try  = ["{path}", "{path}.html"]
error-pages = { 404 = "/404.html", 401 = "/login.html", 405 = "/404.html" }
[[site.redirect]]
from = "/old/*"
to   = "/new/*"
status = 308
[[site.header]]
for = "**"
set = { X-Frame-Options = "DENY" }
[[site.cache]]
for = "*.css"
control = "max-age=60"
[[site.auth]]
for   = "/private/**"
realm = "the archive"
users = { alice = "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2" }
[[site.auth]]
for   = "/secret.txt"
realm = "secrets"
users = { alice = "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2" }

[[site]]
host = "*.example.org"
root = "/app"
spa  = "/index.html"
methods = ["GET", "OPTIONS"]
)";

class ServeSitesTest : public ::testing::Test {
 protected:
  ServeSitesTest() {
    files.write("main/index.html", "main");
    files.write("main/about.html", "about");
    files.write("main/404.html", "nothing of that name");
    files.write("main/login.html", "who are you?");
    files.write("main/private/index.html", "the archive's files");
    files.write("main/a.css", std::string(5000, 'c'));
    files.write("app/index.html", "the app");
    files.write("app/app.js", "script");
    files.write("index.html", "the volume's own");
    text = std::string(20'000, 'a') + "end";
  }

  void start(const std::vector<std::string>& more) {
    std::vector<std::string> argv = {BRAMBLE_PROGRAM, "serve",    files.path(),     "--listen",
                                     "127.0.0.1:0",   "--vitals", "/does/not/exist"};
    argv.insert(argv.end(), more.begin(), more.end());
    server.emplace(argv);
    const std::string behind = server->after("on http://127.0.0.1:");
    ASSERT_FALSE(behind.empty()) << server->err();
    port = static_cast<std::uint16_t>(std::stoi(behind));
  }
  void start_tables() { start({"-f", tables.write("sites.toml", kTables)}); }

  RawAnswer ask(const std::string& method, const std::string& host, const std::string& target,
                const std::string& fields = "") {
    return RawClient(port)
        .send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n")
        .answer(method == "HEAD");
  }
  RawAnswer get(const std::string& host, const std::string& target,
                const std::string& fields = "") {
    return ask("GET", host, target, fields);
  }

  TemporaryFolder files, tables;
  std::string text;
  std::optional<ChildProcess> server;
  std::uint16_t port = 0;
};

TEST_F(ServeSitesTest, TheHostChoosesTheSite) {
  start_tables();
  EXPECT_EQ(get("example.org", "/").body, "main");
  EXPECT_EQ(get("EXAMPLE.org:80", "/").body, "main");
  EXPECT_EQ(get("www.example.org", "/").body, "the app");
  EXPECT_EQ(get("example.net", "/").status(), 421);
  EXPECT_EQ(get("example.net", "http://example.org/").body, "main") << "the target names it";
  EXPECT_EQ(get("example.net", "/.bramble/health").status(), 200) << "asked by address";
}

TEST_F(ServeSitesTest, NamesAreTriedAndWhatIsNowhereHasItsPage) {
  start_tables();
  EXPECT_EQ(get("example.org", "/about").body, "about");
  const RawAnswer none = get("example.org", "/none", "If-None-Match: *\r\nRange: bytes=0-1\r\n");
  EXPECT_EQ(none.status(), 404);
  EXPECT_EQ(none.body, "nothing of that name");
  EXPECT_EQ(none.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(none.field("ETag"), "");
  EXPECT_EQ(none.field("X-Frame-Options"), "DENY");
  EXPECT_EQ(get("example.org", "/.git/config").body, "nothing of that name");
  EXPECT_EQ(ask("HEAD", "example.org", "/none").field("Content-Length"), "20");
}

TEST_F(ServeSitesTest, AnAppAnswersForItsOwnPathsAndNotForMissingFiles) {
  start_tables();
  for (const char* target : {"/settings", "/users/17/", "/a.b/c"})
    EXPECT_EQ(get("www.example.org", target).body, "the app") << target;
  EXPECT_EQ(get("www.example.org", "/app.js").body, "script");
  EXPECT_EQ(get("www.example.org", "/old.js").status(), 404);
}

TEST_F(ServeSitesTest, EachSiteHasItsMethods) {
  start_tables();
  EXPECT_EQ(ask("OPTIONS", "example.org", "/").field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask("OPTIONS", "example.org", "/").field("X-Frame-Options"), "DENY") << "as of CORS";
  EXPECT_EQ(ask("OPTIONS", "www.example.org", "*").field("Allow"), "GET, OPTIONS");
  const RawAnswer refused = ask("HEAD", "www.example.org", "/");
  EXPECT_EQ(refused.status(), 405);
  EXPECT_EQ(refused.field("Allow"), "GET, OPTIONS");
  EXPECT_EQ(ask("POST", "example.org", "/").body, "nothing of that name") << "its page for 405";
}

TEST_F(ServeSitesTest, RedirectsHeadersAndCachingFollowTheTable) {
  start_tables();
  const RawAnswer moved = get("example.org", "/old/a%20b?c=d");
  EXPECT_EQ(moved.status(), 308);
  EXPECT_EQ(moved.field("Location"), "/new/a%20b?c=d");
  EXPECT_EQ(moved.field("X-Frame-Options"), "DENY");
  const RawAnswer css = get("example.org", "/a.css");
  EXPECT_EQ(css.field("Cache-Control"), "max-age=60");
  EXPECT_EQ(css.field("X-Frame-Options"), "DENY");
  EXPECT_EQ(get("example.org", "/").field("Cache-Control"), "");
  EXPECT_EQ(get("example.org", "/a.css", "If-None-Match: *\r\n").field("Cache-Control"),
            "max-age=60");
}

TEST_F(ServeSitesTest, APasswordIsAskedFor) {
  start_tables();
  const RawAnswer asked = get("example.org", "/private/");
  EXPECT_EQ(asked.status(), 401);
  EXPECT_EQ(asked.field("WWW-Authenticate"), "Basic realm=\"the archive\", charset=\"UTF-8\"");
  EXPECT_EQ(asked.body, "who are you?");
  const std::string good = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";  // alice:secret
  const std::string wrong = "Authorization: Basic YWxpY2U6U2VjcmV0\r\n";
  const std::string bob = "Authorization: Basic Ym9iOnNlY3JldA==\r\n";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(get("example.org", "/private/", good).body, "the archive's files");
    EXPECT_EQ(get("example.org", "/private/", wrong).status(), 401);
    EXPECT_EQ(get("example.org", "/private/", bob).status(), 401);
    EXPECT_EQ(get("example.org", "/private/", "Authorization: Basic\r\n").status(), 401);
  }
  for (const char* target : {"//private/", "/%70rivate/index.html", "/private//index.html",
                             "/private/index", "/private/none"})
    EXPECT_EQ(get("example.org", target).status(), 401) << target;
  EXPECT_EQ(get("example.org", "/").body, "main");
  files.write("main/secret.txt.br", "a secret, coded");
  EXPECT_EQ(get("example.org", "/secret.txt.br").status(), 401) << "as secret.txt is";
}

TEST_F(ServeSitesTest, WhoTriesPasswordsHindersNoOneElse) {
  start_tables();
  std::vector<RawClient> trying;
  for (int i = 0; i < 100; ++i) {
    trying.emplace_back(port);
    trying.back().send(
        "GET /private/ HTTP/1.1\r\nHost: example.org\r\nAuthorization: Basic "
        "YWxpY2U6d3Jvbmc=\r\n\r\n");
  }
  EXPECT_EQ(get("example.org", "/").body, "main");
  for (RawClient& client : trying)
    EXPECT_THAT(client.answer().status(), ::testing::AnyOf(401, 503));
}

TEST_F(ServeSitesTest, TextIsCompressedForWhoAcceptsIt) {
  files.write("page.html", text);
  files.write("picture.png", text);
  start({});
  const RawAnswer plain = get("a", "/page.html");
  EXPECT_EQ(plain.field("Content-Encoding"), "");
  EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
  EXPECT_TRUE(plain.body == text);
  for (const char* coding : {"gzip", "br", "zstd"}) {
    const std::string accept = "Accept-Encoding: " + std::string(coding) + "\r\n";
    const RawAnswer coded = get("a", "/page.html", accept);
    EXPECT_EQ(coded.field("Content-Encoding"), coding);
    EXPECT_EQ(coded.field("Vary"), "Accept-Encoding");
    EXPECT_EQ(coded.field("Content-Type"), "text/html; charset=utf-8");
    EXPECT_LT(coded.body.size(), 1000U);
    EXPECT_THAT(coded.field("ETag"), StartsWith("W/\""));
    EXPECT_NE(coded.field("ETag"), plain.field("ETag"));
    EXPECT_EQ(get("a", "/page.html", accept).body, coded.body);
    EXPECT_EQ(ask("HEAD", "a", "/page.html", accept).field("Content-Length"),
              std::to_string(coded.body.size()));
    const RawAnswer same =
        get("a", "/page.html", accept + "If-None-Match: " + coded.field("ETag") + "\r\n");
    EXPECT_EQ(same.status(), 304);
    EXPECT_EQ(same.field("Vary"), "Accept-Encoding");
  }
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  EXPECT_TRUE(get("a", "/picture.png", gzip).body == text) << "no text";
  EXPECT_EQ(get("a", "/picture.png", gzip).field("Vary"), "");
  const RawAnswer part = get("a", "/page.html", gzip + "Range: bytes=-3\r\n");
  EXPECT_EQ(part.status(), 206);
  EXPECT_EQ(part.body, "end");
  files.write("page.html", text + "!");
  EXPECT_EQ(
      get("a", "/page.html", gzip + "If-None-Match: " + plain.field("ETag") + "\r\n").status(),
      200);
}

TEST_F(ServeSitesTest, AFileBesideItStandsInForAFile) {
  files.write("a.js", text);
  files.write("a.js.br", "as br");
  files.write("a.js.gz", "as gzip");
  start({});
  const RawAnswer br = get("a", "/a.js", "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(br.body, "as br");
  EXPECT_EQ(br.field("Content-Encoding"), "br");
  EXPECT_EQ(br.field("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(br.field("Vary"), "Accept-Encoding");
  EXPECT_THAT(br.field("ETag"), StartsWith("\""));
  EXPECT_EQ(get("a", "/a.js", "Accept-Encoding: gzip, br;q=0.5\r\n").body, "as gzip");
  EXPECT_EQ(get("a", "/a.js", "Accept-Encoding: br\r\nRange: bytes=-2\r\n").body, "br");
  EXPECT_EQ(get("a", "/a.js", "Accept-Encoding: br;q=0, gzip;q=0\r\n").body, text);
  EXPECT_EQ(get("a", "/a.js.br").field("Content-Encoding"), "") << "asked for by its own name";
  EXPECT_EQ(get("a", "/a.js", "Accept-Encoding: br\r\nIf-None-Match: " + br.field("ETag") + "\r\n")
                .status(),
            304);
}

TEST_F(ServeSitesTest, AnOlderFileBesideItWasMadeOfAnotherContent) {
  files.write("a.js.gz", "of the old one");
  ASSERT_EQ(::system(("touch -d 2020-01-01 " + files.path() + "/a.js.gz").c_str()), 0);
  files.write("a.js", text);
  start({"--no-compress"});
  EXPECT_TRUE(get("a", "/a.js", "Accept-Encoding: gzip\r\n").body == text);
}

TEST_F(ServeSitesTest, FlagsSayTheSameAsATable) {
  const std::string passwords = tables.write(
      "users",
      "# staff\nalice:$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2\n");
  start({"--index", "about.html", "--spa", "/app/index.html", "--error-page", "404=/main/404.html",
         "--redirect", "/old/*=https://x.org/*", "--header", "*.css=X-A: b: c", "--cache",
         "**=no-cache", "--method", "GET", "--no-precompressed"});
  EXPECT_EQ(get("a", "/main/").body, "about");
  EXPECT_EQ(get("a", "/none").body, "the app");
  EXPECT_EQ(get("a", "/none.js").body, "nothing of that name");
  EXPECT_EQ(get("a", "/old/b").field("Location"), "https://x.org/b");
  EXPECT_EQ(get("a", "/main/a.css").field("X-A"), "b: c");
  EXPECT_EQ(get("a", "/main/a.css").field("Cache-Control"), "no-cache");
  EXPECT_EQ(ask("HEAD", "a", "/main/").status(), 405);
  start({"--passwords", passwords});
  EXPECT_EQ(get("a", "/").status(), 401);
  EXPECT_EQ(get("a", "/", "Authorization: Basic YWxpY2U6c2VjcmV0\r\n").status(), 200);
}

TEST_F(ServeSitesTest, AFolderIsListedWhereItIsAllowed) {
  files.write("many/a <b>.txt", "1");
  files.write("many/.hidden", "2");
  ASSERT_EQ(::symlink("a <b>.txt", (files.path() + "/many/inside").c_str()), 0);
  ASSERT_EQ(::symlink("/etc/passwd", (files.path() + "/many/outside").c_str()), 0);
  start({});
  EXPECT_EQ(get("a", "/many/").status(), 404);
  start({"--listing", "html"});
  const RawAnswer page = get("a", "/many/");
  EXPECT_EQ(page.status(), 200);
  EXPECT_THAT(page.body, HasSubstr("<a href=\"./a%20%3Cb%3E.txt\">a &lt;b&gt;.txt</a>"));
  EXPECT_THAT(page.body, HasSubstr("inside"));
  EXPECT_THAT(page.body, Not(HasSubstr("hidden")));
  EXPECT_THAT(page.body, Not(HasSubstr("outside")));
  EXPECT_EQ(get("a", "/main/").body, "main");
}

TEST_F(ServeSitesTest, FaultsAreToldWithTheirPlace) {
  const auto fault_of = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {BRAMBLE_PROGRAM, "serve", files.path()});
    ChildProcess program(arguments);
    EXPECT_EQ(program.wait(), 2);
    (void)program.after("no such line");  // until it has said all
    return program.err();
  };
  const std::string file = tables.write("bad.toml", "[[site]]\nhost = \"*\"\nrot = \"/\"\n");
  EXPECT_THAT(fault_of({"-f", file}),
              HasSubstr(file + ":3:1: unknown key \"rot\", did you mean \"root\"?"));
  EXPECT_THAT(fault_of({"--spa", "index.html"}), HasSubstr("bad file \"index.html\""));
  EXPECT_THAT(fault_of({"--redirect", "/a"}), HasSubstr("the \"=\" is missing"));
  EXPECT_THAT(fault_of({"--header", "**=Content-Length: 1"}), HasSubstr("the server's own"));
  EXPECT_THAT(fault_of({"-f", file, "--spa", "/a"}), HasSubstr("excludes"));
}

}  // namespace
}  // namespace bramble::test
