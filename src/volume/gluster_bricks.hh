// SPDX-License-Identifier: Apache-2.0
// The three bricks of a volume, each over a connection of its own.
//
// What the volume's own connection is asked, GlusterFS asks all bricks for, so that the answer is
// right whatever is wrong with one of them. Here one brick is asked, and says what is on its disk.
// What all three say alike is right, too: see gluster_folder.hh.
//
// A brick tells of changes whoever asked it over the same connection, and gfapi passes on what
// concerns inodes that are held there: so there is a handle for each brick, and each is listened
// to.
//
// Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "volume/disk_folder.hh"
#include "volume/gluster_inode.hh"
#include "volume/gluster_links.hh"
#include "volume/gluster_session.hh"
#include "volume/gluster_volfile.hh"

namespace bramble {

class GlusterBricks {
 public:
  // Error: the volume is not of that kind. Does not block.
  static Result<std::unique_ptr<GlusterBricks>> of(const GlusterSession& volume);
  // To those that are not connected yet; may be tried again. Blocks as GlusterSession::connect
  // does. They are asked only when all are.
  Result<void> connect();

  // As GlusterSession::listen, to each of them.
  Result<void> listen(const std::shared_ptr<GlusterSession::Ear>& heard);

  // Whether the volume still consists of them.
  bool are_those_of(const GlusterSession& volume) const;
  Result<std::vector<GlusterLink>> look_at_links() const;  // does not block on the network

  const GlusterSession& operator[](std::size_t brick) const { return *sessions_[brick]; }

  // The one that files are read from: the brick that is here, else the first.
  std::size_t nearest() const { return nearest_; }
  // One of the others, which tells what the nearest one misses.
  std::size_t witness() const { return (nearest_ + 1) % kBricks; }

  // A folder of the nearest brick, so many below its root, on this machine's disk. Error: see
  // DiskFolder::open; ENOENT: that brick is elsewhere; ENAMETOOLONG: it may be too deep to ask for.
  Result<DiskFolder> on_disk(const Gfid& folder, std::size_t depth, const DiskTime& asked) const;

  // The content of a file that should have this status, read from the nearest brick: it has it
  // before, and after. Error ESTALE: it has not. Two messages to that brick: see
  // gluster_volfile.hh. (A handle that a listing gave is looked up by gfapi before it is first
  // used, at five times the cost of looking it up oneself: seen with 10.3.)
  Result<std::string> read(const Gfid& id, const struct stat& expected) const;

 private:
  explicit GlusterBricks(const GlusterLibrary& library) : library_(library) {}

  const GlusterLibrary& library_;
  std::string volfile_;  // of the volume
  std::vector<BrickVolfile> volfiles_;
  std::vector<std::shared_ptr<GlusterSession>> sessions_;
  std::size_t nearest_ = 0;
  bool nearest_is_here_ = false;
};

// Whether two bricks say the same of a file, as far as it matters to who reads it.
bool alike(const struct stat& one, const struct stat& other);

}  // namespace bramble
