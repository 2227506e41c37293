// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a request line, the name that comes of it stays within the site: no component
// is empty, "." or "..", none but /.well-known is hidden, no byte is a NUL; and it is written back
// so that it is the same name again, and no other address.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "base/text.hh"
#include "http/request_head.hh"
#include "node/request_path.hh"
#include "node/site_choices.hh"

namespace {

using bramble::RequestPath;

void check_name(std::string_view name) {
  BRAMBLE_CHECK(name.find('\0') == std::string_view::npos);
  if (name.empty()) return;
  bool first = true;
  for (const std::string_view component : bramble::split(name, '/')) {
    BRAMBLE_CHECK(!component.empty() && component != "." && component != "..");
    BRAMBLE_CHECK(component[0] != '.' || (first && component == ".well-known"));
    first = false;
  }
}

void check_location(std::string_view location) {
  BRAMBLE_CHECK(location.starts_with('/') && !location.starts_with("//"));
  for (const char c : location) BRAMBLE_CHECK(c > ' ' && c < 0x7f && c != '\\');
}

void check_path(const RequestPath& path) {
  check_name(path.name);
  const std::string again = bramble::encode_path(path.name);
  check_location(again);
  RequestPath same;
  BRAMBLE_CHECK(bramble::decode_path(again, same) == bramble::PathFault::kNone);
  BRAMBLE_CHECK(same.name == path.name);

  static const bramble::SiteOptions site{
      .tries = {"{path}", "{path}.html", "{path}/index.html", "/all.html"},
      .redirects = {{"/a/*", "/*", 301}, {"/b", "/c", 301}, {"/*", "/d/*", 301}}};
  (void)bramble::try_names(site, path, [](const std::string& name) {
    check_name(name);
    return false;
  });
  if (const auto redirect = bramble::redirection(site, path, ""))
    check_location(redirect->location);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string target(reinterpret_cast<const char*>(data), size);
  const std::string text = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  bramble::http::RequestHead head;
  const bramble::http::HeadParse parsed = bramble::http::parse_request_head(text, 0, {}, head);
  if (parsed.outcome != bramble::http::HeadParse::Outcome::kDone || head.path.empty()) return 0;
  BRAMBLE_CHECK(head.path[0] == '/');
  RequestPath path;
  if (bramble::decode_path(head.path, path) == bramble::PathFault::kNone) check_path(path);
  return 0;
}
