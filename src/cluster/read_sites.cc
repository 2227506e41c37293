// SPDX-License-Identifier: Apache-2.0
#include "cluster/read_sites.hh"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "base/text.hh"
#include "cluster/once.hh"
#include "cluster/site_rules.hh"

namespace bramble {
namespace {

void take(Section& section, std::string_view key, const Rule& rule, std::string& to) {
  if (std::optional<Text> text = section.string(key, rule)) to = std::move(text->text);
}

void take(Section& section, std::string_view key, const Rule& rule, std::vector<std::string>& to) {
  const std::vector<Text> texts = section.some_strings(key, rule);
  if (texts.empty()) return;
  to.clear();
  for (const Text& text : texts) to.push_back(text.text);
}

void take(Section& section, std::string_view key, bool& to) {
  if (const std::optional<bool> value = section.boolean(key)) to = *value;
}

std::vector<NamedText> named(Section& section, std::string_view key, const Rule& name_rule,
                             const Rule& text_rule) {
  std::vector<NamedText> all;
  for (auto& [name, text] : section.named_strings(key, name_rule, text_rule))
    all.push_back({std::move(name.text), std::move(text.text)});
  return all;
}

std::string glob_of(Section& section) {
  std::string glob = "**";
  take(section, "for", fault_of_glob, glob);
  return glob;
}

SiteRedirect read_redirect(Section& section) {
  const std::optional<Text> from =
      section.required_string("from", fault_of_redirect_from, "/old/*");
  const std::optional<Text> to = section.required_string("to", fault_of_redirect_to, "/new/*");
  SiteRedirect redirect{.from = from ? from->text : "", .to = to ? to->text : ""};
  if (from && to && to->text.find('*') != std::string::npos && !from->text.ends_with("/*"))
    section.fault(to->at,
                  "the star in \"to\" stands for that at the end of \"from\", which has none");
  if (from && to && from->text == to->text)
    section.fault(to->at, "it leads to itself: name another place");
  if (const std::optional<std::int64_t> status = section.integer("status", {301, 308})) {
    redirect.status = static_cast<int>(*status);
    if (!redirects(redirect.status))
      section.fault(section.find("status")->value.at,
                    fmt::format("{} does not redirect: 301, 302, 303, 307 or 308 is needed",
                                redirect.status));
  }
  return redirect;
}

SiteHeaders read_headers(Section& section) {
  SiteHeaders headers{.glob = glob_of(section)};
  headers.fields = named(section, "set", fault_of_header_name, fault_of_header_value);
  if (section.find("set") == nullptr)
    section.missing("set", "set = { X-Frame-Options = \"DENY\" }");
  return headers;
}

SiteCaching read_caching(Section& section) {
  SiteCaching caching{.glob = glob_of(section)};
  if (const auto control = section.required_string("control", fault_of_header_value, "no-cache"))
    caching.control = control->text;
  return caching;
}

SiteAuth read_auth(Section& section) {
  SiteAuth auth{.glob = glob_of(section), .realm = "this site"};
  take(section, "realm", fault_of_realm, auth.realm);
  auth.users = named(section, "users", fault_of_visitor, fault_of_password_hash);
  if (section.find("users") == nullptr)
    section.missing("users", "users = { NAME = \"HASH\" }, where `htpasswd -nB NAME` tells both");
  return auth;
}

template <typename Read, typename Entry>
void read_each(Section& site, std::string_view key, Faults& faults, Read read,
               std::vector<Entry>& to) {
  for (const Value* table : site.tables(key, "site")) {
    Section section(*table, fmt::format("[[site.{}]]", key), faults);
    to.push_back(read(section));
    section.tell_unknown_keys();
  }
}

void read_error_pages(Section& section, std::vector<SiteErrorPage>& to) {
  for (const auto& [status, page] :
       section.named_strings("error-pages", fault_of_error_status, fault_of_site_file))
    to.push_back({static_cast<int>(parse_number(status.text).value_or(0)), page.text});
}

SiteOptions read_site(Section& section, Faults& faults, Once& hosts) {
  SiteOptions site;
  if (const auto host = section.required_string("host", fault_of_site_host, "*")) {
    hosts.take(section, host);
    site.host = host->text;
  }
  take(section, "root", fault_of_site_root, site.root);
  take(section, "index", fault_of_index, site.index);
  take(section, "try", fault_of_try, site.tries);
  take(section, "spa", fault_of_site_file, site.spa);
  take(section, "methods", fault_of_method, site.methods);
  take(section, "precompressed", site.precompressed);
  take(section, "compress", site.compress);
  if (const auto listing = section.string("listing", fault_of_listing))
    site.listing = listing->text == "json" ? Listing::kJson : Listing::kHtml;
  read_error_pages(section, site.error_pages);
  read_each(section, "redirect", faults, read_redirect, site.redirects);
  read_each(section, "header", faults, read_headers, site.headers);
  read_each(section, "cache", faults, read_caching, site.caching);
  read_each(section, "auth", faults, read_auth, site.auth);
  section.tell_unknown_keys();
  return site;
}

}  // namespace

std::vector<SiteOptions> read_sites(Section& root, Faults& faults) {
  Once hosts("the host");
  std::vector<SiteOptions> sites;
  for (const Value* table : root.tables("site")) {
    Section section(*table, "[[site]]", faults);
    sites.push_back(read_site(section, faults, hosts));
  }
  if (sites.empty()) sites.emplace_back();
  return sites;
}

}  // namespace bramble
