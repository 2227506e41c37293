// SPDX-License-Identifier: Apache-2.0
// A GlusterFS volume in memory, behind the functions of libgfapi that we use (see fake_gfapi.hh).
// For tests.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "volume/gfid.hh"
#include "volume/gluster_library.hh"
#include "volume/gluster_volfile.hh"

namespace bramble {

// What one brick has of a file, where that is not what the others have.
struct FakeCopy {
  std::string content;
  timespec modified = {};
  std::optional<timespec> changed;  // nothing: when it was modified
  bool missing = false;
  std::optional<mode_t> mode;  // nothing: the others'
};

struct FakeNode {
  FakeNode() = default;
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  const std::uint64_t number = next_number();  // its gfid, which no other has or had
  mode_t mode = S_IFDIR | 0755;
  uid_t owner = 0;
  gid_t group = 0;
  std::string content;  // a file's bytes, a link's target
  timespec modified = {.tv_sec = 1'500'000'000, .tv_nsec = 1};
  std::optional<timespec> changed;                         // nothing: when it was modified
  nlink_t links = 0;                                       // that are told
  std::optional<timespec> time_by_name;                    // what look-ups of its name tell instead
  std::map<std::string, std::shared_ptr<FakeNode>> names;  // a folder's
  std::array<std::optional<FakeCopy>, kBricks> on_brick;

 private:
  static std::uint64_t next_number();
};

// What a brick has of it; -1: the volume.
const FakeCopy* copy_on(const FakeNode& node, int brick);  // nullptr: what the others have
const std::string& content_on(const FakeNode& node, int brick);
void fill(const FakeNode& node, struct stat* status, int brick = -1);

// Only one may exist at a time, as gfapi's functions know no other context. A change of a name is
// seen in its folder's time, and makes no event. Thread-safe where `on_lookup` is and no name is
// changed.
class FakeGluster {
 public:
  FakeGluster();
  ~FakeGluster();
  FakeGluster(const FakeGluster&) = delete;
  FakeGluster& operator=(const FakeGluster&) = delete;

  const GlusterLibrary& library() const { return library_; }

  FakeNode& folder(const std::string& path);  // made with all folders above it
  FakeNode& file(const std::string& path, std::string content);
  FakeNode& at(const std::string& path) { return *node(path, 0); }  // what is there
  void link(const std::string& path, std::string target);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);  // handles on it become stale

  // A write of somebody else's: content, time, and the event that bricks send.
  void write(const std::string& path, std::string content);
  // To whom it was registered for.
  void send_event(const std::string& path, std::uint32_t flags = kWritten);
  // The same where one brick is not reached: it neither changes nor tells.
  void write_without(std::size_t brick, const std::string& path, std::string content);
  void chmod(const std::string& path, mode_t mode);
  void chmod_without(std::size_t brick, const std::string& path, mode_t mode);
  Gfid gfid(const std::string& path);
  // One of a brick's indices names the file from now on.
  void mark(FakeNode& index, const std::string& path);

  static constexpr std::uint32_t kWritten = GFAPI_UP_SIZE | GFAPI_UP_TIMES;
  static constexpr std::uint32_t kRemoved = GFAPI_UP_NLINK | GFAPI_UP_TIMES;

  int refused_inits = 0;                              // so many glfs_init fail
  std::function<void(const std::string&)> on_lookup;  // before a name is looked up
  std::function<void()> on_look_up_of_volume;         // before a gfid of it is looked up
  std::function<void()> on_stat;                      // before a handle's status is told
  std::function<void()> on_read;                      // after bytes were read
  std::function<void(int)> on_list;                   // after a brick listed a folder
  std::string volfile;                                // "": the volume's bricks are not told
  std::string way;                   // to any folder, as bricks tell it; "": they do not
  std::function<void()> on_way;      // before they do
  std::atomic<int> lookup_error{0};  // an errno: lookups of names fail
  std::atomic<int> read_error{0};    // an errno: reads fail, those of a status, too
  std::atomic<int> write_error{0};   // an errno: writes fail
  std::atomic<int> handles{0};       // those that are not closed
  std::atomic<int> opens{0};         // glfs_h_open calls so far
  std::atomic<int> lookups{0};
  std::atomic<int> stats{0};           // of handles
  std::atomic<int> reads{0};           // without an open
  std::atomic<int> brick_listings{0};  // the same
  std::atomic<int> sessions{0};        // glfs_new less glfs_fini

  // A glfs_t.
  struct Session {
    int brick = -1;  // -1: the volume
    glfs_upcall_cbk heard = nullptr;
    void* heard_data = nullptr;
  };
  std::mutex mutex;
  std::deque<Session> all_sessions;
  std::shared_ptr<FakeNode> root = std::make_shared<FakeNode>();
  // A brick's indices: their names are gfids.
  std::array<std::shared_ptr<FakeNode>, kBricks> dirty, to_heal;

 private:
  std::shared_ptr<FakeNode> node(const std::string& path, mode_t mode);
  void touch_folder_of(const std::string& path);
  FakeNode& leave_behind(std::size_t brick, const std::string& path);
  void tell(const std::string& path, int except, std::uint32_t flags);

  GlusterLibrary library_;
};

}  // namespace bramble
