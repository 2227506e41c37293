// SPDX-License-Identifier: Apache-2.0
// Starts geo-replication, and restarts it so that it is never left stopped.
//
//     mark on the disk ──► stop ──► start ──► mark taken away
//
// Between stop and start the session looks as if somebody had stopped it on purpose, and nobody
// would touch it any more. So the mark says that a start is owed, whatever came in between: a peer
// that died, a command that took too long, the end of this service, a loss of power. Without a mark
// nothing is stopped, and who stops the session later finds none.
#pragma once

#include <functional>
#include <string>

#include "base/result.hh"
#include "node/geo_worker.hh"

namespace bramble {

// One thread at a time. What calls gluster blocks, for minutes at worst.
class GeoRestart {
 public:
  // `gluster volume geo-replication VOLUME TARGET verb force`: without force, `stop` refuses while
  // a node is down.
  using Gluster = std::function<Result<void>(const std::string& verb)>;

  explicit GeoRestart(const GeoSession& session) : GeoRestart(session, command(session)) {}
  GeoRestart(const GeoSession& session, Gluster gluster);

  // One of this session was begun, and its start is owed.
  bool unfinished() const;

  Result<void> restart();
  Result<void> start();  // also what is owed

  static Gluster command(const GeoSession& session);

 private:
  Result<void> leave_mark() const;
  Result<void> take_mark_away() const;

  std::string mark_;     // a file
  std::string content_;  // of it
  Gluster gluster_;
};

}  // namespace bramble
