// SPDX-License-Identifier: Apache-2.0
// libgfapi, GlusterFS's client library, loaded when it is first needed: a machine without GlusterFS
// runs the same program.
//
// The functions are named by the version that our headers were made for, as a linker would, so
// that a newer library gives the same ones. Include only where gfapi itself is spoken.
#pragma once

#include <glusterfs/api/glfs-handles.h>
#include <glusterfs/api/glfs.h>

#include <utility>

#include "base/result.hh"

namespace bramble {

// What we use of gfapi. Tests put functions of their own here: the glfs_t and glfs_object_t they
// are given are whatever they gave out. All of them set errno as gfapi does.
struct GlusterLibrary {
  decltype(&glfs_new) make = nullptr;
  decltype(&glfs_set_volfile_server) set_volfile_server = nullptr;
  decltype(&glfs_set_volfile) set_volfile = nullptr;
  decltype(&glfs_get_volfile) get_volfile = nullptr;
  decltype(&glfs_set_logging) set_logging = nullptr;
  decltype(&glfs_init) init = nullptr;
  decltype(&glfs_fini) fini = nullptr;
  decltype(&glfs_h_lookupat) lookup = nullptr;
  decltype(&glfs_h_stat) stat = nullptr;
  decltype(&glfs_h_setattrs) set_attributes = nullptr;
  decltype(&glfs_h_readlink) read_link = nullptr;
  decltype(&glfs_h_anonymous_read) anonymous_read = nullptr;
  decltype(&glfs_h_close) close_handle = nullptr;
  decltype(&glfs_h_open) open = nullptr;
  decltype(&glfs_h_mkdir) make_folder = nullptr;
  decltype(&glfs_h_creat) create = nullptr;
  decltype(&glfs_pread) pread = nullptr;
  decltype(&glfs_pwrite) pwrite = nullptr;
  decltype(&glfs_ftruncate) truncate = nullptr;
  decltype(&glfs_fstat) fstat = nullptr;
  decltype(&glfs_close) close = nullptr;
  decltype(&glfs_h_extract_handle) extract_handle = nullptr;
  decltype(&glfs_h_create_from_handle) create_from_handle = nullptr;
  decltype(&glfs_h_getxattrs) get_attribute = nullptr;
  decltype(&glfs_h_opendir) open_folder = nullptr;
  decltype(&glfs_readdirplus_r) read_folder = nullptr;
  decltype(&glfs_xreaddirplus_r) read_folder_with_handles = nullptr;
  decltype(&glfs_xreaddirplus_get_stat) stat_of_entry = nullptr;
  decltype(&glfs_xreaddirplus_get_object) object_of_entry = nullptr;
  decltype(&glfs_object_copy) copy_object = nullptr;
  decltype(&glfs_closedir) close_folder = nullptr;
  decltype(&glfs_upcall_register) register_upcalls = nullptr;
  decltype(&glfs_upcall_get_reason) upcall_reason = nullptr;
  decltype(&glfs_upcall_get_event) upcall_event = nullptr;
  decltype(&glfs_upcall_inode_get_flags) upcall_flags = nullptr;
  decltype(&glfs_upcall_inode_get_object) upcall_object = nullptr;
  decltype(&glfs_upcall_inode_get_pobject) upcall_parent = nullptr;
  decltype(&glfs_upcall_inode_get_oldpobject) upcall_old_parent = nullptr;
  decltype(&glfs_free) free = nullptr;
};

// The installed library, loaded once and for ever. Any thread.
Result<const GlusterLibrary*> load_gluster_library();

// Owns a handle on a file or folder. Must go before its volume does.
class GlusterHandle {
 public:
  GlusterHandle() = default;
  GlusterHandle(const GlusterLibrary& library, glfs_object_t* object)
      : library_(&library), object_(object) {}
  GlusterHandle(GlusterHandle&& other) noexcept
      : library_(other.library_), object_(std::exchange(other.object_, nullptr)) {}
  GlusterHandle& operator=(GlusterHandle&& other) noexcept {
    std::swap(library_, other.library_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~GlusterHandle() {
    if (object_ != nullptr) (void)library_->close_handle(object_);
  }

  glfs_object_t* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  const GlusterLibrary* library_ = nullptr;
  glfs_object_t* object_ = nullptr;
};

}  // namespace bramble
