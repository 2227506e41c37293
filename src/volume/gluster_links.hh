// SPDX-License-Identifier: Apache-2.0
// The connections of a client to the bricks of its volume, as gfapi itself tells of them in
// /.meta/graphs/active/VOLUME-client-N/private; no brick is asked, 0.2 ms each (seen with 10.3).
//
// A brick that was away has forgotten whom to tell of changes: events from before and after a loss
// of a connection do not join up. Where a connection was lost and made again between two looks, its
// count of messages has fallen. (It also rises and falls while a brick is away: each try to reach
// it begins with a question to its glusterd.) With other options of the volume (`gluster volume
// set`) gfapi makes another graph, whose connections are others: that has another name, as where
// nobody asks for anything, the counts of two young ones tell nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "volume/gluster_session.hh"

namespace bramble {

struct GlusterLink {
  bool connected = false;
  std::uint64_t messages = 0;  // sent since it was made
  std::string graph;           // that it is of
  bool operator==(const GlusterLink&) const = default;
};

// One for each brick, in the volume's order. Does not block on the network.
Result<std::vector<GlusterLink>> look_at_links(const GlusterSession& session,
                                               std::string_view volume);

// One of them, by the name of its part of the client: "web-client-0".
Result<GlusterLink> look_at_link(const GlusterSession& session, const std::string& part);

// The lines "connected = 1" and "msgs_sent = 4711"; what is not told is 0.
GlusterLink parse_link(std::string_view text);

// Whether all that was heard before `now` was heard: the same bricks, none of which was away.
bool links_held(const std::vector<GlusterLink>& before, const std::vector<GlusterLink>& now);

}  // namespace bramble
