// SPDX-License-Identifier: Apache-2.0
// No path leads out of what is served, nor to what is hidden in it: ways up in every writing,
// symbolic links of every kind, and names that only look harmless. With one site at the folder
// itself, and with one whose root is a folder of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "child_process.hh"
#include "raw_client.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "nobody may read this";

// A way up, or what some server somewhere took for one.
const std::vector<std::string> kUps = {"..",
                                       "%2e%2e",
                                       "%2E%2E",
                                       ".%2e",
                                       "%2e.",
                                       "%2e%2E",
                                       "%252e%252e",
                                       "..%00",
                                       "..%20",
                                       "..;",
                                       "..;/..",
                                       "..%3b",
                                       "%c0%ae%c0%ae",
                                       "%c0%2e%c0%2e",
                                       "%e0%80%ae%e0%80%ae",
                                       "%uff0e%uff0e",
                                       "..%c0%af",
                                       "..%c1%9c",
                                       "..%2f..",
                                       "..%2F..",
                                       "..%5c..",
                                       "..\\..",
                                       "..%255c..",
                                       "..%252f..",
                                       "....",
                                       "..../",
                                       "...",
                                       ". .",
                                       "%2e%2e%2f%2e%2e",
                                       ".%00.",
                                       "..%09",
                                       "..%0d%0a",
                                       "..%ef%bc%8f",
                                       "..%u2215.."};

class ServePathsTest : public ::testing::Test {
 protected:
  ServePathsTest() {
    files.write("index.html", "home");
    files.write("docs/index.html", "docs");
    files.write("docs/sub/a.txt", "deep");
    files.write(".git/config", kSecret);
    files.write("docs/.htaccess", kSecret);
    files.write("docs/.hidden/a.txt", kSecret);
    files.write(".well-known/token", "proof");
    files.write(".well-known/.hidden", kSecret);
    outside.write("secret.txt", kSecret);
    outside.write("index.html", kSecret);
    link(outside.path() + "/secret.txt", "link.txt");
    link(outside.path(), "linked");
    link("../..", "docs/up");
    link("../../..", "docs/sub/up");
    link("/", "root");
    link("/proc/self/root", "proc");
    link("/proc/self/cwd", "cwd");
    link("loop", "loop");
    link("one", "two");
    link("two", "one");
    link("linked/secret.txt", "chain.txt");
    link("docs/../linked/secret.txt", "winding.txt");
    link("docs/up", "far");
    link(outside.path() + "/none", "dangling");
    link("../" + outside.path().substr(5) + "/secret.txt", "beside.txt");
    link("/proc/self/environ", "environ.txt");
    link("/etc/passwd", "passwd.txt");
    link("/dev/zero", "zero");
    link("docs", "manual");
    link("docs/sub/../index.html", "inner.html");
  }

  void link(const std::string& target, const std::string& name) {
    ASSERT_EQ(::symlink(target.c_str(), (files.path() + "/" + name).c_str()), 0) << name;
  }

  void start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv = {BRAMBLE_PROGRAM, "serve",    files.path(),     "--listen",
                                     "127.0.0.1:0",   "--vitals", "/does/not/exist"};
    argv.insert(argv.end(), more.begin(), more.end());
    server.emplace(argv);
    const std::string behind = server->after("on http://127.0.0.1:");
    ASSERT_FALSE(behind.empty()) << server->err();
    port = static_cast<std::uint16_t>(std::stoi(behind));
  }

  RawAnswer get(const std::string& target) {
    return RawClient(port).ask("GET " + target +
                               " HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip, br\r\n\r\n");
  }

  std::vector<std::string> targets() const {
    const std::string there = outside.path().substr(1);  // "tmp/…"
    const std::string beside = outside.path().substr(5);
    std::vector<std::string> all;
    for (const std::string& up : kUps) {
      all.push_back("/" + up + "/" + beside + "/secret.txt");
      all.push_back("/docs/" + up + "/" + up + "/" + beside + "/secret.txt");
      all.push_back("/docs/sub/" + up + "/" + up + "/" + up + "/" + there + "/secret.txt");
      all.push_back("/.well-known/" + up + "/.git/config");
    }
    const std::vector<std::string> more = {outside.path() + "/secret.txt",
                                           "//" + there + "/secret.txt",
                                           "/docs//../.git/config",
                                           "http://test/../" + beside + "/secret.txt",
                                           "http://test/%2e%2e/" + beside + "/secret.txt",
                                           "/%2f" + there + "/secret.txt",
                                           "/%2F%2F" + there + "/secret.txt",
                                           "/file:///" + there + "/secret.txt",
                                           "/docs/%00/../../.git/config",
                                           "/index.html%00.png",
                                           "/.git/config",
                                           "/%2egit/config",
                                           "/.git//config",
                                           "/.git/./config",
                                           "//.git/config",
                                           "/.GIT/config",
                                           "/docs/.htaccess",
                                           "/docs/%2ehtaccess",
                                           "/docs//.htaccess",
                                           "/docs/.hidden/a.txt",
                                           "/docs/.hidden/",
                                           "/docs/sub/..",
                                           "/docs/sub/%2e%2e/.htaccess",
                                           "/.well-known/.hidden",
                                           "/.well-known/%2ehidden",
                                           "/x/.well-known/token",
                                           "/..",
                                           "/.",
                                           "/./",
                                           "/%2e",
                                           "/docs/.",
                                           "/docs/..",
                                           "/docs/index.html/../../.git/config",
                                           "/docs/index.html/.htaccess",
                                           "/index.html/..%2f.git/config",
                                           "/link.txt",
                                           "/link.txt/",
                                           "/linked/secret.txt",
                                           "/linked/",
                                           "/linked",
                                           "/linked/../linked/secret.txt",
                                           "/docs/up/" + beside + "/secret.txt",
                                           "/docs/sub/up/" + there + "/secret.txt",
                                           "/docs/up/",
                                           "/root" + outside.path() + "/secret.txt",
                                           "/root/etc/passwd",
                                           "/root/",
                                           "/proc" + outside.path() + "/secret.txt",
                                           "/proc/etc/passwd",
                                           "/cwd/etc/passwd",
                                           "/loop",
                                           "/loop/a",
                                           "/one",
                                           "/two/x",
                                           "/chain.txt",
                                           "/winding.txt",
                                           "/far/" + beside + "/secret.txt",
                                           "/dangling",
                                           "/beside.txt",
                                           "/environ.txt",
                                           "/passwd.txt",
                                           "/zero",
                                           "/manual/.htaccess",
                                           "/manual/up/" + beside + "/secret.txt",
                                           "/manual/../.git/config",
                                           "/manual/sub/up/" + there + "/secret.txt",
                                           "/%",
                                           "/%2",
                                           "/%zz/secret.txt",
                                           "/a%2fb",
                                           "/docs%2findex.html",
                                           "/docs%2f..%2f.git%2fconfig",
                                           "/docs/" + std::string(5000, 'a'),
                                           "/" + std::string(300, 'a'),
                                           "/docs/\x7f",
                                           "/~root/",
                                           "/~/.ssh/id_rsa",
                                           "/C:/secret.txt",
                                           "/\\\\host\\share",
                                           "/etc/passwd",
                                           "/linked/%2e/secret.txt",
                                           "/linked//secret.txt",
                                           "/link.txt%00",
                                           "/link.txt%20",
                                           "/link.txt::$DATA",
                                           "/.git%5cconfig",
                                           "/docs/.%68taccess"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  // Everything that must not be given, and that the server lives on.
  void try_all() {
    const std::vector<std::string> all = targets();
    EXPECT_GE(std::set<std::string>(all.begin(), all.end()).size(), 200U);
    for (const std::string& target : all) {
      const RawAnswer answer = get(target);
      EXPECT_THAT(answer.status(), AnyOf(400, 403, 404, 414)) << target;
      EXPECT_THAT(answer.body, Not(HasSubstr(kSecret))) << target;
      EXPECT_THAT(answer.body, Not(HasSubstr("root:"))) << target;
    }
  }

  TemporaryFolder files, outside;
  std::optional<ChildProcess> server;
  std::uint16_t port = 0;
};

TEST_F(ServePathsTest, NothingOutsideIsServedAndNothingHidden) {
  start();
  try_all();
  EXPECT_EQ(get("/").body, "home");
  EXPECT_EQ(get("/manual/").body, "docs") << "a link inside is followed";
  EXPECT_EQ(get("/inner.html").body, "docs");
  EXPECT_EQ(get("/.well-known/token").body, "proof");
}

TEST_F(ServePathsTest, NorByAnyNameThatASiteTries) {
  start({"--try", "{path}", "--try", "{path}.txt", "--try", "{path}/index.html", "--try",
         "{path}/secret.txt", "--error-page", "404=/docs/sub/a.txt"});
  try_all();
  for (const char* target : {"/link", "/linked", "/chain", "/winding", "/docs/up", "/passwd"}) {
    const RawAnswer answer = get(target);
    EXPECT_THAT(answer.status(), AnyOf(403, 404)) << target;
    EXPECT_THAT(answer.body, Not(HasSubstr(kSecret))) << target;
  }
}

TEST_F(ServePathsTest, NorByAFileBesideAFile) {
  files.write("a.js", std::string(1000, 'a'));
  link(outside.path() + "/secret.txt", "a.js.br");
  link("/etc/passwd", "a.js.gz");
  start();
  const RawAnswer answer = get("/a.js");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("Content-Encoding"), "br") << "compressed here";
  EXPECT_THAT(answer.body, Not(HasSubstr(kSecret)));
}

TEST_F(ServePathsTest, ALocationNeverLeadsToAnotherHost) {
  files.write("evil.example/index.html", "mine");
  start({"--redirect", "/out/*=/*"});
  for (const char* target :
       {"//evil.example", "///evil.example", "/%5cevil.example/..", "/out//evil.example",
        "/out///evil.example", "/out/%5c%5cevil.example", "/out/%0d%0aSet-Cookie:a=b",
        "/evil.example?%0d%0aX:%20y", "http://test//evil.example"}) {
    const RawAnswer answer = get(target);
    const std::string to = answer.field("Location");
    EXPECT_TRUE(to.empty() || (to.starts_with("/") && !to.starts_with("//") &&
                               to.find('\\') == std::string::npos))
        << target << " leads to " << to;
    EXPECT_EQ(answer.field("Set-Cookie"), "") << target;
  }
}

}  // namespace
}  // namespace bramble::test
