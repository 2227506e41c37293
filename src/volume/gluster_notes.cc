// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_notes.hh"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "volume/gluster_session.hh"
#include "volume/gluster_walk.hh"

namespace bramble {
namespace {

constexpr std::size_t kNoteBytesMax = 4096;

// A file opened for writing.
class Opened {
 public:
  Opened(const GlusterLibrary& library, glfs_fd_t* fd) : library_(library), fd_(fd) {}
  ~Opened() {
    if (fd_ != nullptr) (void)library_.close(fd_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  glfs_fd_t* get() const { return fd_; }

 private:
  const GlusterLibrary& library_;
  glfs_fd_t* fd_;
};

}  // namespace

Result<std::unique_ptr<GlusterNotes>> GlusterNotes::connect(const GlusterAddress& address) {
  return connect(address, *TRY(load_gluster_library()));
}

Result<std::unique_ptr<GlusterNotes>> GlusterNotes::connect(const GlusterAddress& address,
                                                            const GlusterLibrary& library) {
  auto session = TRY(GlusterSession::connect(library, address));
  return std::unique_ptr<GlusterNotes>(new GlusterNotes(std::move(session), address.path));
}

Result<std::optional<std::string>> GlusterNotes::read(const std::string& name) {
  const GlusterLibrary& library = session_->library();
  const auto entry = walk({.library = library, .volume = session_->volume()}, session_->root(),
                          folder_ + "/" + name);
  if (!entry.ok() && entry.error().code == ENOENT) return std::optional<std::string>();
  if (!entry.ok()) return entry.error();
  std::string content(kNoteBytesMax, '\0');
  const ssize_t size = library.anonymous_read(session_->volume(), entry->inode->handle.get(),
                                              content.data(), content.size(), 0);
  if (size < 0) return errno_error("read " + name);
  content.resize(static_cast<std::size_t>(size));
  return std::optional(std::move(content));
}

Result<void> GlusterNotes::write(const std::string& name, std::string_view content) {
  const GlusterLibrary& library = session_->library();
  glfs_t* const volume = session_->volume();
  struct stat status = {};
  const InodePointer& root = session_->root();
  const auto found = walk({.library = library, .volume = volume}, root, folder_);
  if (!found.ok() && found.error().code != ENOENT) return found.error();
  GlusterHandle made;
  if (!found.ok()) {
    made = GlusterHandle(
        library, library.make_folder(volume, root->handle.get(), folder_.c_str(), 0755, &status));
    if (!made) return errno_error("make the folder " + folder_);
  }
  glfs_object_t* const folder = found.ok() ? found->inode->handle.get() : made.get();

  GlusterHandle file(library, library.lookup(volume, folder, name.c_str(), &status, 0));
  if (!file && errno == ENOENT)
    file = GlusterHandle(
        library, library.create(volume, folder, name.c_str(), O_CREAT | O_WRONLY, 0644, &status));
  if (!file) return errno_error("create " + name);

  const Opened opened(library, library.open(volume, file.get(), O_WRONLY));
  if (opened.get() == nullptr) return errno_error("open " + name);
  const ssize_t written =
      library.pwrite(opened.get(), content.data(), content.size(), 0, 0, nullptr, nullptr);
  if (written < 0) return errno_error("write " + name);
  if (static_cast<std::size_t>(written) != content.size())
    return failure(fmt::format("write {}: only {} bytes of {}", name, written, content.size()));
  if (static_cast<std::size_t>(status.st_size) > content.size() &&
      library.truncate(opened.get(), static_cast<off_t>(content.size()), nullptr, nullptr) != 0)
    return errno_error("truncate " + name);
  return {};
}

}  // namespace bramble
