// SPDX-License-Identifier: Apache-2.0
#include "node/listing.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hh"
#include "node/request_path.hh"

namespace bramble {
namespace {

bool is_folder(const FolderEntry& entry) { return entry.kind == FolderEntry::Kind::kFolder; }

std::string escaped(std::string_view text) {
  std::string all;
  for (const char c : text) {
    if (c == '&')
      all += "&amp;";
    else if (c == '<')
      all += "&lt;";
    else if (c == '>')
      all += "&gt;";
    else if (c == '"')
      all += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      all += "?";
    else
      all += c;
  }
  return all;
}

std::string time_text(const timespec& time) {
  tm parts{};
  ::gmtime_r(&time.tv_sec, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

std::string row(const FolderEntry& entry) {
  const std::string name = entry.name + (is_folder(entry) ? "/" : "");
  const std::string link = "./" + encode_path(name).substr(1);
  return fmt::format("<tr><td><a href=\"{}\">{}</a><td>{}<td>{}\n", link, escaped(name),
                     is_folder(entry) ? "" : human_bytes(entry.size), time_text(entry.modified));
}

}  // namespace

bool is_hidden(const FolderEntry& entry) { return entry.name.starts_with('.'); }

void arrange(FolderListing& listing) {
  std::erase_if(listing.entries, [](const FolderEntry& entry) {
    return is_hidden(entry) || entry.kind == FolderEntry::Kind::kLink;
  });
  std::sort(listing.entries.begin(), listing.entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) {
              if (is_folder(a) != is_folder(b)) return is_folder(a);
              return a.name < b.name;
            });
}

std::string listing_html(std::string_view path, const FolderListing& listing) {
  std::string page = fmt::format(
      "<!doctype html>\n<html><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
      "<style>body{{font-family:sans-serif;margin:2em}}td{{padding:.2em 1em .2em 0}}</style>\n"
      "<h1>{0}</h1>\n<table>\n",
      escaped(path));
  if (path != "/") page += "<tr><td><a href=\"../\">../</a><td><td>\n";
  for (const FolderEntry& entry : listing.entries) page += row(entry);
  page += "</table>\n";
  if (listing.more) page += "<p>There are more, which are not listed.\n";
  return page + "</html>\n";
}

std::string listing_json(std::string_view path, const FolderListing& listing) {
  nlohmann::ordered_json document;
  document["path"] = path;
  document["entries"] = nlohmann::ordered_json::array();
  for (const FolderEntry& entry : listing.entries) {
    nlohmann::ordered_json one;
    one["name"] = entry.name;
    one["type"] = is_folder(entry) ? "folder" : "file";
    one["modified"] = time_text(entry.modified);
    if (!is_folder(entry)) one["size"] = entry.size;
    document["entries"].push_back(std::move(one));
  }
  document["more"] = listing.more;
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;  // never throws
  return document.dump(-1, ' ', false, kReplace) + "\n";
}

}  // namespace bramble
