// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_library.hh"

#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>

namespace bramble {
namespace {

constexpr const char* kLibrary = "libgfapi.so.0";

// The symbols of one library, and the first that lacked.
class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}

  template <typename Function>
  void find(Function& function, const char* name, const char* version) {
    void* const symbol = ::dlvsym(library_, name, version);
    if (symbol == nullptr && missing_.empty()) missing_ = fmt::format("{}@{}", name, version);
    function = reinterpret_cast<Function>(symbol);
  }
  const std::string& missing() const { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

// gfapi makes a task with a stack of 2 MB for each event that a brick tells. Memory of that size is
// a mapping of its own, until the first such one is freed: from then on glibc takes it from its
// heaps, where what was free is filled with zeros, and stays. 10,000 files that were replaced at
// once left 400 MB so (seen with 10.3 and glibc 2.36). A threshold that is set does not move.
constexpr int kOwnMappingBytes = 1 << 20;

Result<GlusterLibrary> load() {
  ::mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes);
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();  // names the library that lacks: it, or one it needs
    return failure(
        fmt::format("a GlusterFS volume needs {}, which cannot be loaded ({}): "
                    "apt install glusterfs-common",
                    kLibrary, why == nullptr ? "no reason given" : why));
  }
  Symbols symbols(library);
  GlusterLibrary found;
  symbols.find(found.make, "glfs_new", "GFAPI_3.4.0");
  symbols.find(found.set_volfile_server, "glfs_set_volfile_server", "GFAPI_3.4.0");
  symbols.find(found.set_volfile, "glfs_set_volfile", "GFAPI_3.4.0");
  symbols.find(found.get_volfile, "glfs_get_volfile", "GFAPI_3.6.0");
  symbols.find(found.set_logging, "glfs_set_logging", "GFAPI_3.4.0");
  symbols.find(found.init, "glfs_init", "GFAPI_3.4.0");
  symbols.find(found.fini, "glfs_fini", "GFAPI_3.4.0");
  symbols.find(found.lookup, "glfs_h_lookupat", "GFAPI_3.7.4");
  symbols.find(found.stat, "glfs_h_stat", "GFAPI_3.4.2");
  symbols.find(found.set_attributes, "glfs_h_setattrs", "GFAPI_3.4.2");
  symbols.find(found.read_link, "glfs_h_readlink", "GFAPI_3.4.2");
  symbols.find(found.anonymous_read, "glfs_h_anonymous_read", "GFAPI_3.7.0");
  symbols.find(found.close_handle, "glfs_h_close", "GFAPI_3.4.2");
  symbols.find(found.open, "glfs_h_open", "GFAPI_3.4.2");
  symbols.find(found.make_folder, "glfs_h_mkdir", "GFAPI_3.4.2");
  symbols.find(found.create, "glfs_h_creat", "GFAPI_3.4.2");
  symbols.find(found.pread, "glfs_pread", "GFAPI_6.0");
  symbols.find(found.pwrite, "glfs_pwrite", "GFAPI_6.0");
  symbols.find(found.truncate, "glfs_ftruncate", "GFAPI_6.0");
  symbols.find(found.fstat, "glfs_fstat", "GFAPI_3.4.0");
  symbols.find(found.close, "glfs_close", "GFAPI_3.4.0");
  symbols.find(found.extract_handle, "glfs_h_extract_handle", "GFAPI_3.4.2");
  symbols.find(found.create_from_handle, "glfs_h_create_from_handle", "GFAPI_3.4.2");
  symbols.find(found.get_attribute, "glfs_h_getxattrs", "GFAPI_3.5.1");
  symbols.find(found.register_upcalls, "glfs_upcall_register", "GFAPI_3.13.0");
  symbols.find(found.upcall_reason, "glfs_upcall_get_reason", "GFAPI_3.7.16");
  symbols.find(found.upcall_event, "glfs_upcall_get_event", "GFAPI_3.7.16");
  symbols.find(found.upcall_flags, "glfs_upcall_inode_get_flags", "GFAPI_3.7.16");
  symbols.find(found.upcall_object, "glfs_upcall_inode_get_object", "GFAPI_3.7.16");
  symbols.find(found.upcall_parent, "glfs_upcall_inode_get_pobject", "GFAPI_3.7.16");
  symbols.find(found.upcall_old_parent, "glfs_upcall_inode_get_oldpobject", "GFAPI_3.7.16");
  symbols.find(found.free, "glfs_free", "GFAPI_3.7.16");
  symbols.find(found.open_folder, "glfs_h_opendir", "GFAPI_3.4.2");
  symbols.find(found.read_folder, "glfs_readdirplus_r", "GFAPI_3.4.0");
  symbols.find(found.read_folder_with_handles, "glfs_xreaddirplus_r", "GFAPI_3.11.0");
  symbols.find(found.stat_of_entry, "glfs_xreaddirplus_get_stat", "GFAPI_3.11.0");
  symbols.find(found.object_of_entry, "glfs_xreaddirplus_get_object", "GFAPI_3.11.0");
  symbols.find(found.copy_object, "glfs_object_copy", "GFAPI_3.11.0");
  symbols.find(found.close_folder, "glfs_closedir", "GFAPI_3.4.0");
  if (!symbols.missing().empty())
    return failure(
        fmt::format("{} has no {}: GlusterFS 6 or later is needed", kLibrary, symbols.missing()));
  return found;
}

}  // namespace

Result<const GlusterLibrary*> load_gluster_library() {
  static const Result<GlusterLibrary> library = load();
  if (!library.ok()) return library.error();
  return &library.value();
}

}  // namespace bramble
