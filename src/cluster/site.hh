// SPDX-License-Identifier: Apache-2.0
// What a [[site]] table says: which names a site answers to, where its files lie, and how they are
// given. Immutable once loaded; shared freely.
//
// A glob is matched against a path as it is after decoding, "/a/b c.html" (see base/glob.hh). Where
// several entries of one kind match, the last one counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bramble {

enum class Listing : std::uint8_t { kOff, kHtml, kJson };

struct NamedText {
  std::string name;
  std::string text;
  bool operator==(const NamedText&) const = default;
};

// "/old/*" to "/new/*": the star at the end stands for whatever follows, also for nothing.
struct SiteRedirect {
  std::string from;  // a path, or one that ends with "/*"
  std::string to;    // a path or an http or https address; may hold one star where `from` does
  int status = 301;  // 301, 302, 303, 307 or 308
};

struct SiteErrorPage {
  int status = 404;  // 400 to 599
  std::string page;  // a file of the site: "/404.html"
};

struct SiteHeaders {
  std::string glob;
  std::vector<NamedText> fields;  // a field's name and its value
};

struct SiteCaching {
  std::string glob;
  std::string control;  // the value of Cache-Control
};

struct SiteAuth {
  std::string glob;
  std::string realm;             // what visitors are told that the password is for
  std::vector<NamedText> users;  // a user's name, and a hash of crypt(5)
};

struct SiteOptions {
  std::string host = "*";  // "example.org", "*.example.org", or "*": any name
  std::string root = "/";  // a folder of the volume

  std::vector<std::string> index = {
      "index.html"};                            // what a folder is answered with, if it is there
  std::vector<std::string> tries = {"{path}"};  // names that are looked for, in this order
  std::string spa;                              // a file for what is nowhere; "": 404
  Listing listing = Listing::kOff;              // of a folder without an index
  std::vector<std::string> methods = {"GET", "HEAD", "OPTIONS"};
  bool precompressed = true;  // FILE.br, FILE.zst, FILE.gz stand in for FILE
  bool compress = true;       // text is compressed for who accepts it

  std::vector<SiteErrorPage> error_pages;
  std::vector<SiteRedirect> redirects;
  std::vector<SiteHeaders> headers;
  std::vector<SiteCaching> caching;
  std::vector<SiteAuth> auth;
};

}  // namespace bramble
