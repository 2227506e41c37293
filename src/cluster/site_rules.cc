// SPDX-License-Identifier: Apache-2.0
#include "cluster/site_rules.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.hh"
#include "cluster/rules.hh"

namespace bramble {
namespace {

constexpr std::string_view kAlphanumeric =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::size_t kDomainMax = 253;  // RFC 1035 §2.3.4

bool made_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return kAlphanumeric.find(c) != std::string_view::npos ||
           more.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_domain(std::string_view text) {
  const std::vector<std::string_view> labels = split(text, '.');
  return text.size() <= kDomainMax && std::all_of(labels.begin(), labels.end(), is_label);
}

// "/a/b": no component is empty, "." or "..".
bool is_path(std::string_view text) {
  if (!text.starts_with('/') || has_control(text)) return false;
  const std::vector<std::string_view> pieces = split(text.substr(1), '/');
  return std::none_of(pieces.begin(), pieces.end(), [](std::string_view piece) {
    return piece.empty() || piece == "." || piece == "..";
  });
}

std::string good_or(bool good, std::string fault) { return good ? "" : std::move(fault); }

}  // namespace

std::string fault_of_site_host(std::string_view text) {
  const std::string_view name = text.starts_with("*.") ? text.substr(2) : text;
  return good_or(text == "*" || is_domain(name),
                 fmt::format("bad host \"{}\": a name like \"example.org\", \"*.example.org\" for "
                             "all below it, or \"*\" for any, is needed",
                             text));
}

std::string fault_of_site_root(std::string_view text) {
  return good_or(
      text == "/" || is_path(text),
      fmt::format("bad root \"{}\": a folder of the volume like \"/\" or \"/blog\" is needed",
                  text));
}

std::string fault_of_site_file(std::string_view text) {
  return good_or(
      is_path(text),
      fmt::format("bad file \"{}\": a file of the site like \"/404.html\" is needed", text));
}

std::string fault_of_index(std::string_view text) {
  return good_or(
      !text.starts_with('.') && text.find('/') == std::string_view::npos &&
          is_path("/" + std::string(text)),
      fmt::format("bad index \"{}\": a file's name like \"index.html\" is needed", text));
}

std::string fault_of_try(std::string_view text) {
  constexpr std::string_view kPath = "{path}";
  const bool of_path = text.starts_with(kPath);
  const std::string behind(text.substr(of_path ? kPath.size() : 0));
  const bool good =
      of_path ? behind.empty() || is_path(behind.starts_with('/') ? behind : "/a" + behind)
              : is_path(behind);
  return good_or(good && behind.find_first_of("{}") == std::string::npos,
                 fmt::format("bad try \"{}\": \"{{path}}\", \"{{path}}.html\", or a file of the "
                             "site like \"/all.html\" is needed",
                             text));
}

std::string fault_of_glob(std::string_view text) {
  const bool name_or_path = text.starts_with('/') || text == "**" ||
                            (!text.empty() && text.find('/') == std::string_view::npos);
  return good_or(
      name_or_path && !has_control(text),
      fmt::format("bad glob \"{}\": a name like \"*.css\", a path like \"/assets/**\", or "
                  "\"**\" for all, is needed",
                  text));
}

std::string fault_of_listing(std::string_view text) {
  return good_or(text == "html" || text == "json",
                 fmt::format("bad listing \"{}\": \"html\" or \"json\" is needed", text));
}

std::string fault_of_method(std::string_view text) {
  return good_or(text == "GET" || text == "HEAD" || text == "OPTIONS",
                 fmt::format("bad method \"{}\": files know GET, HEAD and OPTIONS", text));
}

std::string fault_of_error_status(std::string_view text) {
  const std::optional<std::uint64_t> status = parse_number(text);
  if (!status || text.size() != 3 || *status < 400 || *status > 599)
    return fmt::format("bad status \"{}\": one from 400 to 599 is needed", text);
  constexpr auto kOfFiles = std::to_array<std::uint64_t>({400, 401, 403, 404, 405, 412, 416, 503});
  return good_or(
      std::ranges::find(kOfFiles, *status) != kOfFiles.end(),
      fmt::format("no page is ever given for {}: one for {} is", text, fmt::join(kOfFiles, ", ")));
}

std::string fault_of_redirect_from(std::string_view text) {
  const std::string_view fixed = text.ends_with("/*") ? text.substr(0, text.size() - 2) : text;
  const std::string_view path = fixed.ends_with('/') ? fixed.substr(0, fixed.size() - 1) : fixed;
  const bool good = (text.starts_with('/') && path.empty()) || is_path(path);
  return good_or(
      good && fixed.find('*') == std::string_view::npos,
      fmt::format("bad path \"{}\": one like \"/old\", or \"/old/*\" for all below it, is "
                  "needed",
                  text));
}

std::string fault_of_redirect_to(std::string_view text) {
  const bool begins = (text.starts_with('/') && !text.starts_with("//")) ||
                      text.starts_with("https://") || text.starts_with("http://");
  const std::size_t star = text.find('*');
  const bool below_folder = star != std::string_view::npos && star > 0 && text[star - 1] == '/' &&
                            (star == 1 || text[star - 2] != '/');
  const bool star_is_good =
      star == std::string_view::npos || (below_folder && text.rfind('*') == star);
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\';
  });
  return good_or(begins && star_is_good && ascii,
                 fmt::format("bad target \"{}\": a path like \"/new\" or an address like "
                             "\"https://example.org/new/*\" is needed",
                             text));
}

std::string fault_of_header_name(std::string_view text) {
  constexpr auto kOurs = std::to_array<std::string_view>(
      {"accept-ranges", "allow", "connection", "content-encoding", "content-length",
       "content-range", "date", "etag", "keep-alive", "last-modified", "location", "server",
       "trailer", "transfer-encoding", "upgrade", "vary", "www-authenticate", "x-served-by"});
  const std::string lower = to_lower(text);
  if (!is_token(text))
    return fmt::format("bad header name \"{}\": one like \"X-Frame-Options\" is needed", text);
  if (lower == "cache-control") return "Cache-Control is set by [[site.cache]]";
  return good_or(std::find(kOurs.begin(), kOurs.end(), lower) == kOurs.end(),
                 fmt::format("{} is the server's own: no other value would be true", text));
}

std::string fault_of_header_value(std::string_view text) {
  const bool good =
      !text.empty() && trim(text) == text && std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
      });
  return good_or(good,
                 fmt::format("bad value \"{}\": text without line ends, and without blanks at "
                             "either end, is needed",
                             text));
}

std::string fault_of_realm(std::string_view text) {
  return good_or(
      !text.empty() && !has_control(text) && text.find_first_of("\"\\") == std::string_view::npos,
      fmt::format("bad realm \"{}\": text without quotes is needed", text));
}

std::string fault_of_visitor(std::string_view text) {
  return good_or(!text.empty() && !has_control(text) && text.find(':') == std::string_view::npos,
                 fmt::format("bad user \"{}\": a name without a colon is needed", text));
}

std::string fault_of_password_hash(std::string_view text) {
  // Where the hash is cut off, nobody has its password. Bytes behind the last $: crypt(5).
  struct Scheme {
    std::string_view prefix;
    std::size_t bytes;
  };
  constexpr auto kSlow = std::to_array<Scheme>({{"$2a$", 53},
                                                {"$2b$", 53},
                                                {"$2y$", 53},
                                                {"$5$", 43},
                                                {"$6$", 86},
                                                {"$7$", 43},
                                                {"$y$", 43},
                                                {"$gy$", 43}});
  const std::size_t last = text.size() - (text.rfind('$') + 1);
  const bool whole = std::any_of(kSlow.begin(), kSlow.end(), [&](const Scheme& scheme) {
    return text.starts_with(scheme.prefix) && last == scheme.bytes;
  });
  return good_or(
      whole && made_of(text, "$./=,"),
      "bad password hash: a whole one of `mkpasswd` or `htpasswd -nB` is needed (bcrypt, yescrypt, "
      "scrypt, SHA-256 or SHA-512 crypt)");
}

bool redirects(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace bramble
