// SPDX-License-Identifier: Apache-2.0
// Where a web server's files come from: a folder, or a GlusterFS volume.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hh"
#include "base/headed_bytes.hh"
#include "base/result.hh"
#include "volume/version.hh"

namespace bramble {

struct FileStatus {
  enum class Type : std::uint8_t { kFile, kFolder };
  Type type = Type::kFile;
  std::uint64_t size = 0;  // bytes
  timespec modified = {};
  FileVersion version;    // the same for the same content on each machine: for the ETag
  timespec changed = {};  // of content or attributes; no tool sets it, and each machine has its own
  nlink_t links = 0;      // names that lead to it
  ino_t inode = 0;        // tells two files apart that are alike in all else
  // Grows with each change that was heard of, and with each that may have gone unheard: the content
  // may be another though no time says so, as times on GlusterFS are their writers', and never go
  // back.
  std::uint64_t edition = 0;

  // Whether this is still the status, as far as it tells of the content. Also false where only
  // attributes have changed, which looks like a write whose time was set back.
  bool still(const struct stat& now) const;

  // Whether it is, but that fewer names lead to the file: it was replaced or removed, which changes
  // the last time, too. From the status, a write before that whose time was set back cannot be
  // told.
  bool but_for_a_name(const struct stat& now) const;
};

FileStatus file_status(const struct stat& status);  // of a regular file or a folder

// Of a cache, since it began; bytes and files are those of now.
struct CacheFigures {
  std::uint64_t hits = 0;        // opened at hand
  std::uint64_t misses = 0;      // the volume was asked: for a name, or a folder on its way
  std::uint64_t stale_hits = 0;  // answered with what could not be verified: the volume is unwell
  std::uint64_t events = 0;      // that bricks told
  std::uint64_t files_from_bricks = 0;  // whose content one brick gave, as all had listed it
  std::uint64_t files_from_disk = 0;    // of these, those read past GlusterFS
  std::uint64_t listings = 0;           // of folders, by their bricks
  std::uint64_t listed_names = 0;       // that are at hand
  std::uint64_t distrusted = 0;         // how often a connection to a brick changed
  std::uint64_t names = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t copies = 0;  // of larger files, in local ones
  std::uint64_t copy_bytes = 0;
  std::size_t bricks = 0;
  std::size_t bricks_connected = 0;
};

// Which names beside a file's lead nowhere, for as long as its name leads to it: by what they end
// with. Any thread.
class NothingBeside {
 public:
  static constexpr std::size_t kEndingMax = 4;  // bytes; of longer ones nothing is known

  bool knows(std::string_view ending) const;
  void learn(std::string_view ending) const;

 private:
  mutable std::array<std::atomic<std::uint32_t>, 4> endings_{};
};

// An open file or folder. One thread at a time.
class VolumeFile {
 public:
  virtual ~VolumeFile() = default;
  virtual const FileStatus& status() const = 0;  // as of open

  // Up to piece.size() bytes at the offset; 0 only at the end of the file. Error codes ESTALE and
  // ENOENT: the file was removed or replaced since; its name may be opened again.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) = 0;

  // False: a read may say EAGAIN, and not only the first. What is at hand of a volume may have a
  // file's status, and of its content nothing, or a part.
  virtual bool readable() const { return true; }

  // Whether the file is still what status() says: called after the last read of a body, so that no
  // reader is given a torn one. Blocks where the volume does.
  virtual Result<bool> unchanged() = 0;

  // For sendfile; -1 where there is none. Owned by this. Where there is one, read and unchanged do
  // not block.
  virtual int descriptor() const { return -1; }

  // It cannot change any more: unchanged() need not be asked.
  virtual bool settled() const { return false; }

  // The whole content, where it lies in memory: as long as this is. Else "".
  virtual std::string_view content() const { return {}; }

  // The same, with room for a head; nullptr: there is none.
  virtual std::shared_ptr<const HeadedBytes> headed() const { return nullptr; }

  // As long as this is. nullptr: nothing is known.
  virtual const NothingBeside* nothing_beside() const { return nullptr; }
};

// What a folder holds.
struct FolderEntry {
  enum class Kind : std::uint8_t { kFile, kFolder, kLink };  // a link: wherever it leads
  std::string name;                                          // one component, without slashes
  Kind kind = Kind::kFile;
  std::uint64_t size = 0;  // bytes, of a file
  timespec modified = {};
};

struct FolderListing {
  std::vector<FolderEntry> entries;  // in no order; without "." and "..", sockets and the like
  bool more = false;                 // there are others
};

// Where a listing ends, though there are more.
struct ListingBounds {
  ListingBounds(std::size_t e, Monotonic u = Monotonic::max()) : entries(e), until(u) {}
  std::size_t entries;
  Monotonic until;
};

// Adds an entry where it is of one of these kinds. False, and more is set: there are enough, or it
// is time.
bool add_entry(FolderListing& listing, std::string_view name, const struct stat& status,
               const ListingBounds& bounds);

class Volume {
 public:
  virtual ~Volume() = default;

  // Opens "a/b.html", always relative to the volume's root: decoded, without ".." or empty
  // components ("" is the root itself). Never leaves the root, not through symlinks either. Error
  // codes: ENOENT, ENOTDIR, EACCES (also: a way out of the root), ELOOP, ENAMETOOLONG; any other
  // means that the volume is unwell (503 to the visitor). Any thread.
  virtual Result<std::unique_ptr<VolumeFile>> open(std::string_view path) = 0;

  // As open, of "a/b.html.gz" where "a/b.html" has just led to that file of this volume.
  virtual Result<std::unique_ptr<VolumeFile>> open_beside(const VolumeFile& file,
                                                          std::string_view path,
                                                          std::string_view ending);

  // What the folder of that path holds, within bounds. Error codes as of open; ENOTDIR where it is
  // no folder. May take its time, also where open does not block. Any thread.
  virtual Result<FolderListing> list(std::string_view path, const ListingBounds& bounds) = 0;

  // Whether open, read and unchanged may block on a network: then never on a loop's thread.
  virtual bool blocks() const = 0;

  // The same files, as far as they can be opened and read at once: for a loop's thread. Where this
  // volume would have to be asked, the error code of open or read is EAGAIN. Lives as long as this;
  // nullptr: there is nothing of the kind.
  virtual Volume* at_hand() { return nullptr; }

  // The same files, as far as they are kept, also where nobody could say whether they are still so:
  // for who has waited too long for a volume that hangs. Never blocks; while the volume answers,
  // and of what is not kept or is known to have changed, the error code is EAGAIN. Lives as long as
  // this; nullptr: nothing is kept.
  virtual Volume* kept() { return nullptr; }

  // What is kept of it; nothing where nothing is. Any thread.
  virtual std::optional<CacheFigures> cache_figures() const { return std::nullopt; }

  // Why nothing can be served now: a volume that has not been reached yet. For the health document;
  // never blocks. Any thread.
  virtual std::optional<Error> trouble() const { return std::nullopt; }
};

}  // namespace bramble
