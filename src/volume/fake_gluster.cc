// SPDX-License-Identifier: Apache-2.0
#include "volume/fake_gluster.hh"

#include <cstring>
#include <utility>

#include "volume/fake_gfapi.hh"

namespace bramble {

std::uint64_t FakeNode::next_number() {
  static std::atomic<std::uint64_t> numbers{0};
  return ++numbers;
}

const FakeCopy* copy_on(const FakeNode& node, int brick) {
  if (brick < 0) return nullptr;
  const auto& copy = node.on_brick.at(static_cast<std::size_t>(brick));
  return copy ? &*copy : nullptr;
}
const std::string& content_on(const FakeNode& node, int brick) {
  const FakeCopy* const copy = copy_on(node, brick);
  return copy != nullptr ? copy->content : node.content;
}

void fill(const FakeNode& node, struct stat* status, int brick) {
  const FakeCopy* const copy = copy_on(node, brick);
  *status = {};
  status->st_mode = copy != nullptr ? copy->mode.value_or(node.mode) : node.mode;
  status->st_uid = node.owner;
  status->st_gid = node.group;
  status->st_nlink = node.links;
  status->st_size = static_cast<off_t>(content_on(node, brick).size());
  status->st_mtim = copy != nullptr ? copy->modified : node.modified;
  status->st_ctim = copy != nullptr ? copy->changed.value_or(copy->modified)
                                    : node.changed.value_or(node.modified);
}

FakeGluster::FakeGluster() : library_(fake_gfapi()) {
  call_on(this);
  for (auto* const indices : {&dirty, &to_heal})
    for (auto& index : *indices) index = std::make_shared<FakeNode>();
}

FakeGluster::~FakeGluster() { call_on(nullptr); }

std::shared_ptr<FakeNode> FakeGluster::node(const std::string& path, mode_t mode) {
  std::shared_ptr<FakeNode> here = root;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    std::shared_ptr<FakeNode>& next = here->names[path.substr(begin, end - begin)];
    if (next == nullptr) {
      next = std::make_shared<FakeNode>();
      if (end == path.size()) next->mode = mode;
    }
    here = next;
    begin = end + 1;
  }
  return here;
}

FakeNode& FakeGluster::folder(const std::string& path) { return *node(path, S_IFDIR | 0755); }

FakeNode& FakeGluster::file(const std::string& path, std::string content) {
  touch_folder_of(path);
  FakeNode& made = *node(path, S_IFREG | 0644);
  made.content = std::move(content);
  return made;
}

void FakeGluster::link(const std::string& path, std::string target) {
  touch_folder_of(path);
  node(path, S_IFLNK | 0777)->content = std::move(target);
}

void FakeGluster::rename(const std::string& from, const std::string& to) {
  const auto moved = node(from, 0);
  remove(from);
  const std::size_t slash = to.rfind('/');
  FakeNode& folder_of_it = slash == to.npos ? *root : folder(to.substr(0, slash));
  folder_of_it.names[slash == to.npos ? to : to.substr(slash + 1)] = moved;
  touch_folder_of(to);
}

void FakeGluster::remove(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  FakeNode& folder_of_it = slash == path.npos ? *root : folder(path.substr(0, slash));
  folder_of_it.names.erase(slash == path.npos ? path : path.substr(slash + 1));
  touch_folder_of(path);
}

void FakeGluster::touch_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  ++(slash == path.npos ? *root : folder(path.substr(0, slash))).modified.tv_nsec;
}

void FakeGluster::write(const std::string& path, std::string content) {
  const auto written = node(path, S_IFREG | 0644);
  written->content = std::move(content);
  ++written->modified.tv_nsec;
  send_event(path);
}

void FakeGluster::write_without(std::size_t brick, const std::string& path, std::string content) {
  FakeNode& written = leave_behind(brick, path);
  written.content = std::move(content);
  ++written.modified.tv_nsec;
  tell(path, static_cast<int>(brick), kWritten);
}

void FakeGluster::chmod(const std::string& path, mode_t mode) {
  FakeNode& changed = *node(path, S_IFREG | 0644);
  changed.mode = S_IFREG | mode;
  ++changed.modified.tv_nsec;
  send_event(path);
}

void FakeGluster::chmod_without(std::size_t brick, const std::string& path, mode_t mode) {
  FakeNode& changed = leave_behind(brick, path);
  changed.mode = S_IFREG | mode;
  ++changed.modified.tv_nsec;
  tell(path, static_cast<int>(brick), kWritten);
}

// The brick keeps what it has now.
FakeNode& FakeGluster::leave_behind(std::size_t brick, const std::string& path) {
  FakeNode& left = *node(path, S_IFREG | 0644);
  left.on_brick.at(brick) =
      FakeCopy{.content = left.content, .modified = left.modified, .mode = left.mode};
  return left;
}

void FakeGluster::send_event(const std::string& path, std::uint32_t flags) {
  tell(path, kBricks, flags);
}

void FakeGluster::tell(const std::string& path, int except, std::uint32_t flags) {
  for (const Session& session : all_sessions)
    if (session.heard != nullptr && session.brick != except)
      session.heard(fake_upcall(node(path, 0), flags), session.heard_data);
}

Gfid FakeGluster::gfid(const std::string& path) {
  const std::uint64_t number = at(path).number;
  Gfid id;
  std::memcpy(id.bytes.data(), &number, sizeof number);
  return id;
}

void FakeGluster::mark(FakeNode& index, const std::string& path) {
  index.names[to_string(gfid(path))] = std::make_shared<FakeNode>();
}

}  // namespace bramble
