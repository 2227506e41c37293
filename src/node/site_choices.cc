// SPDX-License-Identifier: Apache-2.0
#include "node/site_choices.hh"

#include <algorithm>

#include "base/glob.hh"
#include "base/text.hh"
#include "node/media_type.hh"

namespace bramble {
namespace {

constexpr std::string_view kPath = "{path}";

std::string joined(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

bool has_folder(std::string_view name) { return name.find('/') != std::string_view::npos; }

bool try_indexes(const SiteOptions& site, std::string_view folder, const NameTrial& answers) {
  return std::any_of(site.index.begin(), site.index.end(),
                     [&](const std::string& index) { return answers(joined(folder, index)); });
}

// A pattern that puts something behind the last component says nothing of a folder, nor of
// /.well-known: what came of that would be hidden.
bool try_pattern(const SiteOptions& site, std::string_view pattern, const RequestPath& path,
                 const NameTrial& answers) {
  if (!pattern.starts_with(kPath)) return answers(std::string(pattern.substr(1)));
  const std::string_view behind = pattern.substr(kPath.size());
  if (behind.empty())
    return path.folder ? try_indexes(site, path.name, answers) : answers(path.name);
  if (behind.starts_with('/')) return answers(joined(path.name, behind.substr(1)));
  const bool hidden = path.name.starts_with('.') && !has_folder(path.name);
  return !path.folder && !hidden && answers(path.name + std::string(behind));
}

// "old/x" below "/old/*" is "x"; nothing where the path does not match.
std::optional<std::string_view> matched(std::string_view from, std::string_view path) {
  if (!from.ends_with("/*"))
    return path == from ? std::optional<std::string_view>("") : std::nullopt;
  from.remove_suffix(1);
  if (path.starts_with(from)) return path.substr(from.size());
  return path == from.substr(0, from.size() - 1) ? std::optional<std::string_view>("")
                                                 : std::nullopt;
}

// "/a" of "/a.br": what the file may be a coded form of.
std::optional<std::string_view> uncoded(std::string_view name) {
  for (const std::string_view suffix : {".br", ".zst", ".gz"})
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  return std::nullopt;
}

std::string with_query(std::string location, std::string_view query) {
  const std::size_t fragment = std::min(location.find('#'), location.size());
  if (query.empty() || location.find('?') < fragment) return location;
  return location.insert(fragment, "?" + std::string(query));
}

}  // namespace

std::string path_of(const RequestPath& path) {
  return "/" + path.name + (path.folder && !path.name.empty() ? "/" : "");
}

bool allows(const SiteOptions& site, std::string_view method) {
  return std::find(site.methods.begin(), site.methods.end(), method) != site.methods.end();
}

std::string allow_field(const SiteOptions& site) {
  return "Allow: " + join(site.methods, ", ") + "\r\n";
}

bool try_names(const SiteOptions& site, const RequestPath& path, const NameTrial& answers) {
  return std::any_of(site.tries.begin(), site.tries.end(), [&](const std::string& pattern) {
    return try_pattern(site, pattern, path, answers);
  });
}

std::string_view fallback_name(const SiteOptions& site, const RequestPath& path) {
  if (site.spa.empty()) return {};
  const std::size_t last = path.name.rfind('/') + 1;  // npos + 1 is 0
  const bool has_dot = path.name.find('.', last) != std::string::npos;
  return has_dot ? std::string_view() : std::string_view(site.spa).substr(1);
}

std::string_view error_page_name(const SiteOptions& site, int status) {
  for (const SiteErrorPage& page : site.error_pages)
    if (page.status == status) return std::string_view(page.page).substr(1);
  return {};
}

std::optional<Redirection> redirection(const SiteOptions& site, const RequestPath& path,
                                       std::string_view query) {
  if (site.redirects.empty()) return std::nullopt;
  const std::string asked = path_of(path);
  std::optional<Redirection> found;
  for (const SiteRedirect& redirect : site.redirects) {
    const std::optional<std::string_view> rest = matched(redirect.from, asked);
    if (!rest) continue;
    std::string location = redirect.to;
    if (const std::size_t star = location.find('*'); star != std::string::npos)
      location.replace(star, 1, encode_path(*rest).substr(1));
    found = {.status = redirect.status, .location = with_query(std::move(location), query)};
  }
  return found;
}

const SiteAuth* auth_lacking(const SiteOptions& site, std::string_view path,
                             const std::vector<const SiteAuth*>& let_in) {
  if (site.auth.empty()) return nullptr;
  for (std::optional<std::string_view> name = path; name; name = uncoded(*name)) {
    const auto last =
        std::find_if(site.auth.rbegin(), site.auth.rend(),
                     [&name](const SiteAuth& auth) { return glob_matches(auth.glob, *name); });
    if (last != site.auth.rend() && std::find(let_in.begin(), let_in.end(), &*last) == let_in.end())
      return &*last;
  }
  return nullptr;
}

std::string_view type_of(const SiteOptions& site, std::string_view path) {
  std::string_view type = media_type_of(path);
  for (const SiteHeaders& headers : site.headers)
    for (const NamedText& field : headers.fields)
      if (to_lower(field.name) == "content-type" && glob_matches(headers.glob, path))
        type = field.text;
  return type;
}

void append_headers(const SiteOptions& site, std::string_view path, TextBuffer& fields) {
  std::vector<const NamedText*> chosen;
  for (const SiteHeaders& headers : site.headers) {
    if (!glob_matches(headers.glob, path)) continue;
    for (const NamedText& field : headers.fields) {
      const std::string name = to_lower(field.name);
      if (name == "content-type") continue;
      std::erase_if(chosen, [&](const NamedText* other) { return to_lower(other->name) == name; });
      chosen.push_back(&field);
    }
  }
  for (const NamedText* field : chosen) fields.append(field->name, ": ", field->text, "\r\n");
}

void append_caching(const SiteOptions& site, std::string_view path, TextBuffer& fields) {
  std::string_view control;
  for (const SiteCaching& caching : site.caching)
    if (glob_matches(caching.glob, path)) control = caching.control;
  if (!control.empty()) fields.append("Cache-Control: ", control, "\r\n");
}

}  // namespace bramble
