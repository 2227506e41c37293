// SPDX-License-Identifier: Apache-2.0
#include "volume/fake_gfapi.hh"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace bramble {
namespace {

FakeGluster* the_fake = nullptr;

// What glfs_free frees.
struct Freed {
  virtual ~Freed() = default;
};

// What a glfs_object_t and a glfs_fd_t of the fake point to.
struct Held : Freed {
  explicit Held(std::weak_ptr<FakeNode> held, int of = -1, std::uint32_t told = 0)
      : node(std::move(held)), brick(of), flags(told) {}
  std::weak_ptr<FakeNode> node;
  int brick;
  std::uint32_t flags;  // of an event
};
struct Opened {
  std::shared_ptr<FakeNode> node;  // an open file lives on without a name
};

template <typename T, typename U>
T as(U pointer) {
  return reinterpret_cast<T>(pointer);
}

template <typename T>
T fail(int code, T answer) {
  errno = code;
  return answer;
}

int brick_of(glfs_t* volume) { return as<FakeGluster::Session*>(volume)->brick; }

// "web-client-1" is a brick.
glfs_t* make(const char* name) noexcept {
  ++the_fake->sessions;
  const std::lock_guard lock(the_fake->mutex);
  const std::string_view text = name;
  const std::size_t at = text.rfind("-client-");
  const int brick = at == text.npos ? -1 : text.back() - '0';
  return as<glfs_t*>(&the_fake->all_sessions.emplace_back(FakeGluster::Session{.brick = brick}));
}
int set_volfile(glfs_t*, const char*) noexcept { return 0; }
ssize_t get_volfile(glfs_t*, void* buffer, size_t size) noexcept {
  if (size < the_fake->volfile.size())
    return static_cast<ssize_t>(size) - static_cast<ssize_t>(the_fake->volfile.size());
  return static_cast<ssize_t>(the_fake->volfile.copy(static_cast<char*>(buffer), size));
}
int set_server(glfs_t*, const char*, const char*, int) noexcept { return 0; }
int set_logging(glfs_t*, const char*, int) noexcept { return 0; }
int init(glfs_t*) noexcept {
  const std::lock_guard lock(the_fake->mutex);
  return the_fake->refused_inits-- > 0 ? fail(ENOTCONN, -1) : 0;
}
int fini(glfs_t*) noexcept {
  --the_fake->sessions;
  return 0;
}

glfs_object_t* hold(const std::shared_ptr<FakeNode>& node, struct stat* status, int brick = -1) {
  fill(*node, status, brick);
  ++the_fake->handles;
  return as<glfs_object_t*>(new Held(node, brick));
}

glfs_object_t* lookup(glfs_t* volume, glfs_object_t* parent, const char* name, struct stat* status,
                      int) noexcept {
  glfs_object_t* const none = nullptr;
  ++the_fake->lookups;
  if (parent == nullptr) return hold(the_fake->root, status, brick_of(volume));
  if (the_fake->on_lookup) the_fake->on_lookup(name);
  if (const int code = the_fake->lookup_error) return fail(code, none);
  const auto folder = as<Held*>(parent)->node.lock();
  if (folder == nullptr) return fail(ESTALE, none);
  if (!S_ISDIR(folder->mode)) return fail(ENOTDIR, none);
  const auto found = folder->names.find(name);
  if (found == folder->names.end()) return fail(ENOENT, none);
  glfs_object_t* const held = hold(found->second, status, brick_of(volume));
  if (found->second->time_by_name) status->st_mtim = *found->second->time_by_name;
  return held;
}

int stat_handle(glfs_t* volume, glfs_object_t* object, struct stat* status) noexcept {
  if (brick_of(volume) < 0) {
    ++the_fake->stats;
    if (the_fake->on_stat) the_fake->on_stat();
  }
  if (const int code = the_fake->read_error) return fail(code, -1);
  const auto node = as<Held*>(object)->node.lock();
  if (node == nullptr) return fail(ESTALE, -1);
  fill(*node, status, brick_of(volume));
  return 0;
}

// The time alone, as nothing else is set by us.
int set_attributes(glfs_t* volume, glfs_object_t* object, struct stat* status, int) noexcept {
  BRAMBLE_CHECK(brick_of(volume) < 0);
  if (const int code = the_fake->write_error) return fail(code, -1);
  const auto node = as<Held*>(object)->node.lock();
  if (node == nullptr) return fail(ESTALE, -1);
  node->modified = status->st_mtim;
  for (auto& copy : node->on_brick)
    if (copy) copy->modified = status->st_mtim;
  return 0;
}

int read_link(glfs_t*, glfs_object_t* object, char* buffer, size_t size) noexcept {
  const auto node = as<Held*>(object)->node.lock();
  if (node == nullptr) return fail(ESTALE, -1);
  return static_cast<int>(node->content.copy(buffer, size));
}

ssize_t read_node(const FakeNode& node, int brick, void* buffer, size_t count, off_t offset) {
  const auto from = static_cast<std::size_t>(offset);
  const std::string& content = content_on(node, brick);
  if (from >= content.size()) return 0;
  const std::size_t size = content.copy(static_cast<char*>(buffer), count, from);
  if (the_fake->on_read) the_fake->on_read();
  return static_cast<ssize_t>(size);
}

ssize_t anonymous_read(glfs_t* volume, glfs_object_t* object, const void* buffer, size_t count,
                       off_t offset) noexcept {
  if (brick_of(volume) < 0) ++the_fake->reads;
  if (const int code = the_fake->read_error) return fail(code, ssize_t{-1});
  const auto node = as<Held*>(object)->node.lock();
  if (node == nullptr) return fail(ESTALE, ssize_t{-1});
  return read_node(*node, as<Held*>(object)->brick, const_cast<void*>(buffer), count, offset);
}

int close_handle(glfs_object_t* object) noexcept {
  delete as<Held*>(object);
  --the_fake->handles;
  return 0;
}

glfs_fd_t* open_handle(glfs_t*, glfs_object_t* object, int) noexcept {
  ++the_fake->opens;
  const auto node = as<Held*>(object)->node.lock();
  if (node == nullptr) return fail(ESTALE, static_cast<glfs_fd_t*>(nullptr));
  return as<glfs_fd_t*>(new Opened{node});
}

ssize_t pread_open(glfs_fd_t* fd, void* buffer, size_t count, off_t offset, int,
                   struct glfs_stat*) noexcept {
  return read_node(*as<Opened*>(fd)->node, -1, buffer, count, offset);
}

glfs_object_t* add(glfs_object_t* folder, const char* name, mode_t mode, struct stat* status) {
  const auto parent = as<Held*>(folder)->node.lock();
  if (parent == nullptr) return fail(ESTALE, static_cast<glfs_object_t*>(nullptr));
  auto made = std::make_shared<FakeNode>();
  made->mode = mode;
  parent->names[name] = made;
  return hold(made, status);
}
glfs_object_t* make_folder(glfs_t*, glfs_object_t* folder, const char* name, mode_t mode,
                           struct stat* status) noexcept {
  return add(folder, name, S_IFDIR | mode, status);
}
glfs_object_t* create(glfs_t*, glfs_object_t* folder, const char* name, int, mode_t mode,
                      struct stat* status) noexcept {
  return add(folder, name, S_IFREG | mode, status);
}

ssize_t pwrite_open(glfs_fd_t* fd, const void* bytes, size_t count, off_t offset, int,
                    struct glfs_stat*, struct glfs_stat*) noexcept {
  if (const int code = the_fake->write_error) return fail(code, ssize_t{-1});
  std::string& content = as<Opened*>(fd)->node->content;
  const auto from = static_cast<std::size_t>(offset);
  content.resize(std::max(content.size(), from + count));
  content.replace(from, count, static_cast<const char*>(bytes), count);
  return static_cast<ssize_t>(count);
}

int truncate_open(glfs_fd_t* fd, off_t size, struct glfs_stat*, struct glfs_stat*) noexcept {
  as<Opened*>(fd)->node->content.resize(static_cast<std::size_t>(size));
  return 0;
}

int fstat_open(glfs_fd_t* fd, struct stat* status) noexcept {
  fill(*as<Opened*>(fd)->node, status);
  return 0;
}

int close_open(glfs_fd_t* fd) noexcept {
  delete as<Opened*>(fd);
  return 0;
}

// The gfid of the fake is its node's number.
ssize_t extract_handle(glfs_object_t* object, unsigned char* handle, int size) noexcept {
  const auto node = as<Held*>(object)->node.lock();
  const std::uint64_t number = node != nullptr ? node->number : 0;
  std::memset(handle, 0, static_cast<std::size_t>(size));
  std::memcpy(handle, &number, sizeof number);
  return size;
}

int register_upcalls(glfs_t* volume, uint32_t events, glfs_upcall_cbk heard, void* data) noexcept {
  as<FakeGluster::Session*>(volume)->heard = heard;
  as<FakeGluster::Session*>(volume)->heard_data = data;
  return static_cast<int>(events);
}

std::shared_ptr<FakeNode> find(const std::shared_ptr<FakeNode>& below, std::uint64_t wanted) {
  if (below->number == wanted) return below;
  for (const auto& [name, node] : below->names)
    if (auto found = find(node, wanted)) return found;
  return nullptr;
}

glfs_object_t* create_from_handle(glfs_t* volume, unsigned char* handle, int,
                                  struct stat* status) noexcept {
  std::uint64_t wanted = 0;
  std::memcpy(&wanted, handle, sizeof wanted);
  const int brick = brick_of(volume);
  if (brick < 0 && the_fake->on_look_up_of_volume) the_fake->on_look_up_of_volume();
  std::vector<std::shared_ptr<FakeNode>> roots = {the_fake->root};
  for (const auto* const indices : {&the_fake->dirty, &the_fake->to_heal})
    if (brick >= 0) roots.push_back(indices->at(static_cast<std::size_t>(brick)));
  for (const auto& below : roots)
    if (const auto found = find(below, wanted)) return hold(found, status, brick);
  return fail(ESTALE, static_cast<glfs_object_t*>(nullptr));
}

int get_attribute(glfs_t* volume, glfs_object_t*, const char* name, void* value,
                  size_t size) noexcept {
  if (std::string_view(name) == "glusterfs.ancestry.path") {
    if (the_fake->on_way) the_fake->on_way();
    if (the_fake->way.empty()) return fail(ENODATA, -1);
    return static_cast<int>(the_fake->way.copy(static_cast<char*>(value), size));
  }
  const auto brick = static_cast<std::size_t>(brick_of(volume));
  const bool dirty = std::string_view(name) == "glusterfs.xattrop_dirty_gfid";
  const std::uint64_t index = (dirty ? the_fake->dirty : the_fake->to_heal)[brick]->number;
  std::memset(value, 0, size);
  std::memcpy(value, &index, sizeof index);
  return static_cast<int>(size);
}

// An upcall of the fake, its event and its object are the same thing: a Held.
glfs_upcall_reason_t upcall_reason(glfs_upcall_t*) noexcept { return GLFS_UPCALL_INODE_INVALIDATE; }
void* upcall_event(glfs_upcall_t* upcall) noexcept { return upcall; }
glfs_object_t* upcall_object(glfs_upcall_inode_t* event) noexcept {
  return as<glfs_object_t*>(event);
}
uint64_t upcall_flags(glfs_upcall_inode_t* event) noexcept { return as<Held*>(event)->flags; }
glfs_object_t* upcall_parent(glfs_upcall_inode_t*) noexcept { return nullptr; }
void free_any(void* freed) noexcept { delete static_cast<Freed*>(freed); }

// A folder that is read: its entries as they were when it was opened.
struct OpenedFolder {
  std::vector<std::pair<std::string, std::shared_ptr<FakeNode>>> entries;
  int brick = -1;
  std::size_t read = 0;
};

glfs_fd_t* open_folder(glfs_t* volume, glfs_object_t* object) noexcept {
  glfs_fd_t* const none = nullptr;
  const auto node = as<Held*>(object)->node.lock();
  if (node == nullptr) return fail(ESTALE, none);
  const int brick = brick_of(volume);
  auto* const opened = new OpenedFolder{.entries = {{".", node}, {"..", node}}, .brick = brick};
  for (const auto& [name, entry] : node->names) {
    const FakeCopy* const copy = copy_on(*entry, brick);
    if (copy == nullptr || !copy->missing) opened->entries.emplace_back(name, entry);
  }
  return as<glfs_fd_t*>(opened);
}

int read_folder(glfs_fd_t* fd, struct stat* status, dirent* room, dirent** entry) noexcept {
  if (const int code = the_fake->read_error) return fail(code, -1);
  auto* const folder = as<OpenedFolder*>(fd);
  *entry = nullptr;
  if (folder->read == folder->entries.size()) return 0;
  const auto& [name, node] = folder->entries[folder->read++];
  room->d_name[name.copy(room->d_name, sizeof room->d_name - 1)] = '\0';
  if (status != nullptr) fill(*node, status, folder->brick);
  *entry = room;
  return 0;
}

// A glfs_xreaddirp_stat.
struct Told : Freed {
  ~Told() override { delete object; }
  struct stat status = {};
  Held* object = nullptr;
};

int read_folder_with_handles(glfs_fd_t* fd, uint32_t flags, glfs_xreaddirp_stat** told,
                             dirent* room, dirent** entry) noexcept {
  auto* const folder = as<OpenedFolder*>(fd);
  struct stat status = {};
  if (read_folder(fd, &status, room, entry) != 0) return -1;
  if (*entry == nullptr) {
    ++the_fake->brick_listings;
    if (the_fake->on_list) the_fake->on_list(folder->brick);
    return static_cast<int>(flags);
  }
  auto* const made = new Told;
  made->status = status;
  made->object = new Held(folder->entries[folder->read - 1].second, folder->brick);
  *told = as<glfs_xreaddirp_stat*>(static_cast<Freed*>(made));
  return static_cast<int>(flags);
}
struct stat* stat_of_entry(glfs_xreaddirp_stat* told) noexcept {
  return &static_cast<Told*>(as<Freed*>(told))->status;
}
glfs_object_t* object_of_entry(glfs_xreaddirp_stat* told) noexcept {
  return as<glfs_object_t*>(static_cast<Told*>(as<Freed*>(told))->object);
}
glfs_object_t* copy_object(glfs_object_t* object) noexcept {
  ++the_fake->handles;
  return as<glfs_object_t*>(new Held(*as<Held*>(object)));
}

int close_folder(glfs_fd_t* fd) noexcept {
  delete as<OpenedFolder*>(fd);
  return 0;
}

}  // namespace

void call_on(FakeGluster* fake) { the_fake = fake; }

GlusterLibrary fake_gfapi() {
  return {.make = make,
          .set_volfile_server = set_server,
          .set_volfile = set_volfile,
          .get_volfile = get_volfile,
          .set_logging = set_logging,
          .init = init,
          .fini = fini,
          .lookup = lookup,
          .stat = stat_handle,
          .set_attributes = set_attributes,
          .read_link = read_link,
          .anonymous_read = anonymous_read,
          .close_handle = close_handle,
          .open = open_handle,
          .make_folder = make_folder,
          .create = create,
          .pread = pread_open,
          .pwrite = pwrite_open,
          .truncate = truncate_open,
          .fstat = fstat_open,
          .close = close_open,
          .extract_handle = extract_handle,
          .create_from_handle = create_from_handle,
          .get_attribute = get_attribute,
          .open_folder = open_folder,
          .read_folder = read_folder,
          .read_folder_with_handles = read_folder_with_handles,
          .stat_of_entry = stat_of_entry,
          .object_of_entry = object_of_entry,
          .copy_object = copy_object,
          .close_folder = close_folder,
          .register_upcalls = register_upcalls,
          .upcall_reason = upcall_reason,
          .upcall_event = upcall_event,
          .upcall_flags = upcall_flags,
          .upcall_object = upcall_object,
          .upcall_parent = upcall_parent,
          .upcall_old_parent = upcall_parent,
          .free = free_any};
}

glfs_upcall_t* fake_upcall(const std::shared_ptr<FakeNode>& node, std::uint32_t flags) {
  return as<glfs_upcall_t*>(static_cast<Freed*>(new Held(node, -1, flags)));
}

}  // namespace bramble
