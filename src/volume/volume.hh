// SPDX-License-Identifier: Apache-2.0
// Where a web server's files come from: a folder, or a GlusterFS volume.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble {

struct FileStatus {
  enum class Type : std::uint8_t { kFile, kFolder };
  Type type = Type::kFile;
  std::uint64_t size = 0;  // bytes
  timespec modified = {};
  std::string version;  // changes whenever content or identity does: for the ETag
};

// An open file or folder. One thread at a time.
class VolumeFile {
 public:
  virtual ~VolumeFile() = default;
  virtual const FileStatus& status() const = 0;  // as of open

  // Up to piece.size() bytes at the offset; 0 only at the end of the file. Error codes ESTALE and
  // ENOENT: the file was removed or replaced since; its name may be opened again.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) = 0;

  // Whether the file is still what status() says: called after the last read of a body, so that no
  // reader is given a torn one. Blocks where the volume does.
  virtual Result<bool> unchanged() = 0;

  // For sendfile; -1 where there is none. Owned by this.
  virtual int descriptor() const { return -1; }
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
  bool more = false;                 // there are others: as many were wanted
};

// Adds an entry where it is of one of these kinds. False, and more is set: there are enough.
bool add_entry(FolderListing& listing, std::string_view name, const struct stat& status,
               std::size_t entries_max);

class Volume {
 public:
  virtual ~Volume() = default;

  // Opens "a/b.html", always relative to the volume's root: decoded, without ".." or empty
  // components ("" is the root itself). Never leaves the root, not through symlinks either. Error
  // codes: ENOENT, ENOTDIR, EACCES (also: a way out of the root), ELOOP, ENAMETOOLONG; any other
  // means that the volume is unwell (503 to the visitor). Any thread.
  virtual Result<std::unique_ptr<VolumeFile>> open(std::string_view path) = 0;

  // What the folder of that path holds, up to so many entries. Error codes as of open; ENOTDIR
  // where it is no folder. May take its time, also where open does not block. Any thread.
  virtual Result<FolderListing> list(std::string_view path, std::size_t entries_max) = 0;

  // Whether open, read and unchanged may block on a network: then never on a loop's thread.
  virtual bool blocks() const = 0;

  // Why nothing can be served now: a volume that has not been reached yet. For the health document;
  // never blocks. Any thread.
  virtual std::optional<Error> trouble() const { return std::nullopt; }
};

}  // namespace bramble
