// SPDX-License-Identifier: Apache-2.0
#include "cluster/site_rules.hh"

#include <gtest/gtest.h>

#include <vector>

namespace bramble {
namespace {

struct SiteRule {
  std::string (*rule)(std::string_view);
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;
};

constexpr std::string_view kYescrypt =
    "$y$j75$abcdefgh.$0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";
constexpr std::string_view kSha512 =
    "$6$rounds=1000$salt$0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "0123456789ABCDEFGHIJKLMN";
constexpr std::string_view kBcrypt = "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

TEST(SiteRules, TakeTheGoodAndRefuseTheBad) {
  const std::vector<SiteRule> cases = {
      {fault_of_site_host,
       {"*", "example.org", "a", "*.example.org", "xn--bcher-kva.example"},
       {"", "*.", "*.*.org", "a.*.org", "Example.org", "a..b", "a b", "-a.org", "a:80"}},
      {fault_of_site_root,
       {"/", "/blog", "/a b", "/a/b"},
       {"", "blog", "/..", "/a/../b", "//a", "/a\nb", "/a/"}},
      {fault_of_site_file, {"/404.html", "/a/b c"}, {"", "/", "a.html", "/a/", "/../a"}},
      {fault_of_index, {"index.html", "a b"}, {"", "/a", "a/b", ".htaccess", ".."}},
      {fault_of_try,
       {"{path}", "{path}.html", "{path}/index.html", "/all.html", "{path}-de.html"},
       {"", "{path", "all.html", "{path}/../x", "/a/{path}", "{path}{path}", "/", "{path}/"}},
      {fault_of_glob, {"**", "*.css", "/a/**", "/a b/*", "?"}, {"", "a/b", "**/b", "/a\n"}},
      {fault_of_listing, {"html", "json"}, {"", "HTML", "on"}},
      {fault_of_method, {"GET", "HEAD", "OPTIONS"}, {"", "get", "POST"}},
      {fault_of_error_status,
       {"400", "404", "503"},
       {"", "399", "600", "4xx", "-1", "0404", "500", "599"}},
      {fault_of_redirect_from,
       {"/a", "/a/*", "/*", "/", "/a/", "/a b"},
       {"", "a", "/a*", "/*/a", "/**", "/../a", "//a"}},
      {fault_of_redirect_to,
       {"/b", "/b/*", "/*", "https://example.org/", "http://a/*", "/b?c=d", "/a/*.html"},
       {"", "b", "//evil.example", "/b*", "/*/*", "ftp://a", "/a b", "/a\r\nX: y", "https://*",
        "javascript:alert(1)"}},
      {fault_of_header_name,
       {"X-Frame-Options", "Content-Type", "Strict-Transport-Security"},
       {"", "A B", "A:", "Content-Length", "transfer-encoding", "ETag", "Cache-Control", "Vary"}},
      {fault_of_header_value, {"DENY", "a, b; c=\"d\""}, {"", " a", "a ", "a\r\nB: c", "a\n"}},
      {fault_of_realm, {"the archive"}, {"", "a\"b", "a\\b", "a\n"}},
      {fault_of_visitor, {"alice", "a b"}, {"", "a:b", "a\n"}},
      {fault_of_password_hash,
       {kBcrypt, kYescrypt, kSha512},
       {"", "secret", "$1$abc$0123456789012345", "$2y$", "ab01FAX.bQRSU",
        "$2y$10$abcdefghijklmnop\n", kBcrypt.substr(0, 40), kYescrypt.substr(0, 50),
        kSha512.substr(0, 90)}}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (const std::string_view text : cases[i].good)
      EXPECT_EQ(cases[i].rule(text), "") << i << ": " << text;
    for (const std::string_view text : cases[i].bad)
      EXPECT_NE(cases[i].rule(text), "") << i << ": " << text;
  }
}

}  // namespace
}  // namespace bramble
