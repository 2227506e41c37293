// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_links.hh"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kBricksMax = 256;

GlusterHandle look_up(const GlusterSession& session, const GlusterHandle& folder,
                      const std::string& name, struct stat* status) {
  glfs_object_t* const in = folder ? folder.get() : session.root()->handle.get();
  const GlusterLibrary& library = session.library();
  return {library, library.lookup(session.volume(), in, name.c_str(), status, /*follow=*/0)};
}

Result<std::string> read_link(const GlusterSession& session, const GlusterHandle& link) {
  std::string target(kTextBytesMax, '\0');
  const int size =
      session.library().read_link(session.volume(), link.get(), target.data(), target.size());
  if (size < 0) return errno_error("read a link in .meta");
  target.resize(static_cast<std::size_t>(size));
  target.resize(std::min(target.size(), target.find('\0')));  // some count the end
  return target;
}

// "active" is a link to a graph's name.
struct Private {
  std::string text;
  std::string graph;
};

Result<Private> read_private(const GlusterSession& session, const std::string& name) {
  Private told{.text = std::string(kTextBytesMax, '\0'), .graph = ""};
  GlusterHandle here;
  for (const std::string& step : {std::string(".meta"), std::string("graphs"),
                                  std::string("active"), name, std::string("private")}) {
    struct stat status = {};
    GlusterHandle next = look_up(session, here, step, &status);
    if (next && S_ISLNK(status.st_mode)) {
      told.graph = TRY(read_link(session, next));
      next = look_up(session, here, told.graph, &status);
    }
    if (!next) return errno_error("look up " + name + " in .meta");
    here = std::move(next);
  }
  const ssize_t size = session.library().anonymous_read(session.volume(), here.get(),
                                                        told.text.data(), told.text.size(), 0);
  if (size < 0) return errno_error("read " + name + " in .meta");
  told.text.resize(static_cast<std::size_t>(size));
  return told;
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
  const Private told = TRY(read_private(session, part));
  GlusterLink link = parse_link(told.text);
  link.graph = told.graph;
  return link;
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
    const bool same = before[i].connected == now[i].connected && before[i].graph == now[i].graph;
    if (!same || counts_anew) return false;
  }
  return true;
}

}  // namespace bramble
