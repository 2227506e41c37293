// SPDX-License-Identifier: Apache-2.0
#include "cluster/sites_to_toml.hh"

#include <fmt/format.h>

#include "cluster/toml_text.hh"

namespace bramble {
namespace {

std::string line(std::string_view key, std::string_view text) {
  return fmt::format("{} = {}\n", key, toml_quoted(text));
}

std::string table(const std::vector<NamedText>& entries) {
  std::string all = "{";
  for (const NamedText& entry : entries)
    all += fmt::format("{}{} = {}", all.size() > 1 ? ", " : " ", toml_quoted(entry.name),
                       toml_quoted(entry.text));
  return all + " }";
}

std::string error_pages(const SiteOptions& site) {
  std::vector<NamedText> entries;
  for (const SiteErrorPage& page : site.error_pages)
    entries.push_back({std::to_string(page.status), page.page});
  return fmt::format("error-pages = {}\n", table(entries));
}

// Keys of the site itself: they stand before its tables.
std::string keys(const SiteOptions& site) {
  const SiteOptions by_default;
  std::string text = line("host", site.host) + line("root", site.root);
  if (site.index != by_default.index) text += fmt::format("index = {}\n", toml_array(site.index));
  if (site.tries != by_default.tries) text += fmt::format("try = {}\n", toml_array(site.tries));
  if (!site.spa.empty()) text += line("spa", site.spa);
  if (site.methods != by_default.methods)
    text += fmt::format("methods = {}\n", toml_array(site.methods));
  if (site.listing != Listing::kOff)
    text += line("listing", site.listing == Listing::kJson ? "json" : "html");
  if (!site.precompressed) text += "precompressed = false\n";
  if (!site.compress) text += "compress = false\n";
  if (!site.error_pages.empty()) text += error_pages(site);
  return text;
}

std::string tables(const SiteOptions& site) {
  std::string text;
  for (const SiteRedirect& redirect : site.redirects)
    text += "\n[[site.redirect]]\n" + line("from", redirect.from) + line("to", redirect.to) +
            fmt::format("status = {}\n", redirect.status);
  for (const SiteHeaders& headers : site.headers)
    text += fmt::format("\n[[site.header]]\n{}set = {}\n", line("for", headers.glob),
                        table(headers.fields));
  for (const SiteCaching& caching : site.caching)
    text += "\n[[site.cache]]\n" + line("for", caching.glob) + line("control", caching.control);
  for (const SiteAuth& auth : site.auth)
    text += fmt::format("\n[[site.auth]]\n{}{}users = {}\n", line("for", auth.glob),
                        line("realm", auth.realm), table(auth.users));
  return text;
}

}  // namespace

std::string sites_to_toml(const std::vector<SiteOptions>& sites) {
  std::string text;
  for (const SiteOptions& site : sites) text += "\n[[site]]\n" + keys(site) + tables(site);
  return text;
}

}  // namespace bramble
