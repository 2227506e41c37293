// SPDX-License-Identifier: Apache-2.0
// What a site's table says about one request. All pure.
//
// A path in here is decoded, and begins with a slash: "/docs/", "/a b.html"; a name is one of the
// site, without that slash.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_buffer.hh"
#include "cluster/site.hh"
#include "node/request_path.hh"

namespace bramble {

std::string path_of(const RequestPath& path);

bool allows(const SiteOptions& site, std::string_view method);
std::string allow_field(const SiteOptions& site);  // "Allow: GET, HEAD\r\n"

// Tries the names of the files that may answer, in their order, without the one for what is
// nowhere, until one does. False: none does.
using NameTrial = std::function<bool(const std::string& name)>;
bool try_names(const SiteOptions& site, const RequestPath& path, const NameTrial& answers);

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

// A table whose password is needed for what has that path, and is not among those the visitor was
// let in by; nullptr: there is none. To be asked for the path of the request, and for the file that
// is to answer it: each counts, whatever the other says. The last table that matches is needed; and
// for what may be another file's coded form ("/a.html.br") that of the other ("/a.html"), too.
const SiteAuth* auth_lacking(const SiteOptions& site, std::string_view path,
                             const std::vector<const SiteAuth*>& let_in);

// The media type of a file, and the other fields that it is given with: "Name: value\r\n" each.
std::string_view type_of(const SiteOptions& site, std::string_view path);
void append_headers(const SiteOptions& site, std::string_view path, TextBuffer& fields);
void append_caching(const SiteOptions& site, std::string_view path, TextBuffer& fields);

}  // namespace bramble
