// SPDX-License-Identifier: Apache-2.0
// What a site's table says about one request. All pure.
//
// A path in here is decoded, and begins with a slash: "/docs/", "/a b.html"; a name is one of the
// site, without that slash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/site.hh"
#include "node/request_path.hh"

namespace bramble {

std::string path_of(const RequestPath& path);

bool allows(const SiteOptions& site, std::string_view method);
std::string allow_field(const SiteOptions& site);  // "Allow: GET, HEAD\r\n"

// The names of the files that may answer, in the order in which they are looked for; without the
// one for what is nowhere.
std::vector<std::string> names_to_try(const SiteOptions& site, const RequestPath& path);

// The file that answers what is nowhere: "" where there is none, or where the path's last component
// has a dot, since a missing script or picture must not be answered with a page.
std::string_view fallback_name(const SiteOptions& site, const RequestPath& path);

std::string_view error_page_name(const SiteOptions& site, int status);  // "": none

struct Redirection {
  int status = 0;
  std::string location;  // encoded
};
std::optional<Redirection> redirection(const SiteOptions& site, const RequestPath& path,
                                       std::string_view query);

// What the request must be let in by, or nullptr. It counts that a table matches the path itself or
// any file that may answer it: "/private/" is protected by "*.html", too, where an index is one.
const SiteAuth* auth_of(const SiteOptions& site, const RequestPath& path);

// The media type of a file, and the other fields that it is given with: "Name: value\r\n" each.
std::string_view type_of(const SiteOptions& site, std::string_view path);
void append_headers(const SiteOptions& site, std::string_view path, std::string& fields);
void append_caching(const SiteOptions& site, std::string_view path, std::string& fields);

}  // namespace bramble
