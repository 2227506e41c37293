// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_links.hh"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>

#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kBricksMax = 256;

Result<std::string> read_private(const GlusterSession& session, const std::string& name) {
  const GlusterLibrary& library = session.library();
  GlusterHandle here;
  struct stat status = {};
  for (const std::string_view step : {".meta", "graphs", "active", name.c_str(), "private"}) {
    glfs_object_t* const folder = here ? here.get() : session.root()->handle.get();
    GlusterHandle next(library, library.lookup(session.volume(), folder, std::string(step).c_str(),
                                               &status, /*follow=*/1));
    if (!next) return errno_error("look up " + name + " in .meta");
    here = std::move(next);
  }
  std::string text(kTextBytesMax, '\0');
  const ssize_t size =
      library.anonymous_read(session.volume(), here.get(), text.data(), text.size(), 0);
  if (size < 0) return errno_error("read " + name + " in .meta");
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

Result<std::vector<GlusterLink>> look_at_links(const GlusterSession& session,
                                               std::string_view volume) {
  std::vector<GlusterLink> links;
  while (links.size() < kBricksMax) {
    const Result<GlusterLink> link =
        look_at_link(session, fmt::format("{}-client-{}", volume, links.size()));
    if (!link.ok() && link.error().code == ENOENT && !links.empty()) break;
    links.push_back(TRY(link));
  }
  return links;
}

Result<GlusterLink> look_at_link(const GlusterSession& session, const std::string& part) {
  return parse_link(TRY(read_private(session, part)));
}

GlusterLink parse_link(std::string_view text) {
  GlusterLink link;
  for (const std::string_view line : lines(text)) {
    const std::size_t equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string_view name = trim(line.substr(0, equals));
    const std::string_view value = trim(line.substr(equals + 1));
    if (name == "connected") link.connected = value == "1";
    if (name == "msgs_sent")
      std::from_chars(value.data(), value.data() + value.size(), link.messages);
  }
  return link;
}

bool links_held(const std::vector<GlusterLink>& before, const std::vector<GlusterLink>& now) {
  if (before.size() != now.size()) return false;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const bool counts_anew = now[i].connected && now[i].messages < before[i].messages;
    if (before[i].connected != now[i].connected || counts_anew) return false;
  }
  return true;
}

}  // namespace bramble
