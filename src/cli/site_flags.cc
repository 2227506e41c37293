// SPDX-License-Identifier: Apache-2.0
#include "cli/site_flags.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/file.hh"
#include "base/text.hh"
#include "cluster/load.hh"
#include "cluster/site_rules.hh"

namespace bramble::cli {
namespace {

using Rule = std::string (*)(std::string_view);

CLI::Validator checked(Rule rule) {
  return CLI::Validator([rule](std::string& text) { return rule(text); }, "");
}

struct Halves {
  std::string first, second;
};

// "A=B", both by their rules.
Result<Halves> halves(const std::string& flag, const std::string& text, char between, Rule first,
                      Rule second) {
  const std::size_t at = text.find(between);
  if (at == std::string::npos)
    return Error{.side = Side::kClient,
                 .what = fmt::format("{} \"{}\": the \"{}\" is missing", flag, text, between)};
  Halves both{.first = std::string(trim(text.substr(0, at))),
              .second = std::string(trim(text.substr(at + 1)))};
  for (const std::string& fault : {first(both.first), second(both.second)})
    if (!fault.empty()) return Error{.side = Side::kClient, .what = flag + ": " + fault};
  return both;
}

std::string anything(std::string_view) { return ""; }

Result<void> add_headers(const std::vector<std::string>& texts, SiteOptions& site) {
  for (const std::string& text : texts) {
    const Halves glob = TRY(halves("--header", text, '=', fault_of_glob, anything));
    const Halves field =
        TRY(halves("--header", glob.second, ':', fault_of_header_name, fault_of_header_value));
    site.headers.push_back({.glob = glob.first, .fields = {{field.first, field.second}}});
  }
  return {};
}

Result<void> add_redirects(const std::vector<std::string>& texts, SiteOptions& site) {
  for (const std::string& text : texts) {
    const Halves both =
        TRY(halves("--redirect", text, '=', fault_of_redirect_from, fault_of_redirect_to));
    if (both.second.find('*') != std::string::npos && !both.first.ends_with("/*"))
      return Error{.side = Side::kClient,
                   .what = fmt::format("--redirect \"{}\": the star at the right stands for one at "
                                       "the end of the left",
                                       text)};
    if (both.first == both.second)
      return Error{.side = Side::kClient,
                   .what = fmt::format("--redirect \"{}\" leads to itself", text)};
    site.redirects.push_back({.from = both.first, .to = both.second});
  }
  return {};
}

// NAME:HASH a line, as htpasswd(1) writes it.
Result<SiteAuth> read_passwords(const std::string& path) {
  SiteAuth auth{.glob = "**", .realm = "this site"};
  const std::string text = TRY(read_file(path, kDocumentBytesMax));
  std::size_t number = 0;
  for (const std::string_view line : lines(text)) {
    ++number;
    if (trim(line).empty() || line.starts_with('#')) continue;
    const Halves user = TRY(halves(fmt::format("{}:{}", path, number), std::string(line), ':',
                                   fault_of_visitor, fault_of_password_hash));
    auth.users.push_back({user.first, user.second});
  }
  if (auth.users.empty())
    return Error{.side = Side::kClient,
                 .what = path + ": it names nobody, so nobody would be let in: add NAME:HASH"};
  return auth;
}

Result<SiteOptions> site_of(const SiteFlags& flags) {
  SiteOptions site;
  if (!flags.index.empty()) site.index = flags.index;
  if (!flags.tries.empty()) site.tries = flags.tries;
  if (!flags.methods.empty()) site.methods = flags.methods;
  site.spa = flags.spa;
  if (!flags.listing.empty())
    site.listing = flags.listing == "json" ? Listing::kJson : Listing::kHtml;
  site.precompressed = !flags.no_precompressed;
  site.compress = !flags.no_compress;
  for (const std::string& text : flags.error_pages) {
    const Halves both =
        TRY(halves("--error-page", text, '=', fault_of_error_status, fault_of_site_file));
    site.error_pages.push_back(
        {static_cast<int>(parse_number(both.first).value_or(0)), both.second});
  }
  for (const std::string& text : flags.caching) {
    const Halves both = TRY(halves("--cache", text, '=', fault_of_glob, fault_of_header_value));
    site.caching.push_back({both.first, both.second});
  }
  TRY(add_headers(flags.headers, site));
  TRY(add_redirects(flags.redirects, site));
  if (!flags.passwords.empty()) site.auth.push_back(TRY(read_passwords(flags.passwords)));
  return site;
}

}  // namespace

void add_site_flags(CLI::App& serve, SiteFlags& flags) {
  constexpr const char* kGroup = "Site";
  CLI::Option* file = serve.add_option("-f,--file", flags.file,
                                       "[[site]] tables: a cluster's file, or one of them alone");
  file->group(kGroup);
  const auto add = [&](const char* name, auto& value, const char* help) {
    CLI::Option* option = serve.add_option(name, value, help)->excludes(file)->group(kGroup);
    return option->allow_extra_args(false);
  };
  add("--index", flags.index, "NAME that answers for a folder, may be given more than once")
      ->check(checked(fault_of_index));
  add("--try", flags.tries, "names to look for in this order, like {path} and {path}.html")
      ->check(checked(fault_of_try));
  add("--spa", flags.spa, "/FILE that answers where nothing is, unless its last part has a dot")
      ->check(checked(fault_of_site_file));
  add("--error-page", flags.error_pages, "STATUS=/FILE");
  add("--redirect", flags.redirects, "FROM=TO, with status 301; /old/*=/new/* takes all below");
  add("--header", flags.headers, "GLOB=NAME: VALUE");
  add("--cache", flags.caching, "GLOB=VALUE of Cache-Control");
  add("--passwords", flags.passwords,
      "let in whom this FILE names: NAME:HASH a line (htpasswd -B)");
  add("--listing", flags.listing, "html or json, of folders without an index")
      ->check(checked(fault_of_listing));
  add("--method", flags.methods, "allow it alone; may be given more than once")
      ->check(checked(fault_of_method));
  serve.add_flag("--no-precompressed", flags.no_precompressed, "leave FILE.br, .zst and .gz alone")
      ->excludes(file)
      ->group(kGroup);
  serve.add_flag("--no-compress", flags.no_compress, "send text as it is")
      ->excludes(file)
      ->group(kGroup);
}

Result<std::vector<SiteOptions>> sites_of(const SiteFlags& flags) {
  if (!flags.file.empty()) return load_sites(flags.file);
  return std::vector<SiteOptions>{TRY(site_of(flags))};
}

}  // namespace bramble::cli
