// SPDX-License-Identifier: Apache-2.0
#include "volume/local_copies.hh"

#include <sys/statvfs.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace bramble {
namespace {

constexpr std::uint64_t kFreeShare = 10;  // of the disk: one part in so many is left to others
constexpr std::uint64_t kAnyEdition = 0;

std::uint64_t bytes_of(const Stamp& stamp) { return static_cast<std::uint64_t>(stamp.size); }

}  // namespace

DiskSpace space_at(const std::string& folder) {
  struct statvfs disk = {};
  if (::statvfs(folder.c_str(), &disk) != 0) return {};
  return {.free = std::uint64_t{disk.f_bavail} * disk.f_frsize,
          .all = std::uint64_t{disk.f_blocks} * disk.f_frsize};
}

LocalCopies::LocalCopies(std::string folder, std::uint64_t bytes_max, std::size_t copies_max,
                         Space space)
    : folder_(std::move(folder)),
      bytes_max_(bytes_max),
      space_(std::move(space)),
      bytes_min_(bytes_max / copies_max),
      copies_(bytes_max),
      asked_once_(copies_max) {}

std::shared_ptr<LocalCopy> LocalCopies::find(const CopiedContent& of) {
  const std::lock_guard lock(mutex_);
  return find_locked(of);
}

// A spoilt one is as good as none.
LocalCopies::Pointer LocalCopies::find_locked(const CopiedContent& of) {
  const Kept* const kept = copies_.find(of.id);
  const bool good = kept != nullptr && kept->edition == of.edition &&
                    kept->copy->stamp() == of.stamp && !kept->copy->is_spoilt();
  return good ? kept->copy : nullptr;
}

// Who asks opened the file before a change, after which a copy was made.
bool LocalCopies::is_late(const CopiedContent& of) {
  const Kept* const kept = copies_.find(of.id);
  return kept != nullptr && kept->edition > of.edition;
}

std::shared_ptr<LocalCopy> LocalCopies::find_or_make(const CopiedContent& of,
                                                     std::shared_ptr<const void> source) {
  const std::uint64_t bytes = bytes_of(of.stamp);
  bool asked = false;
  {
    const std::lock_guard lock(mutex_);
    if (Pointer kept = find_locked(of)) return kept;
    if (is_late(of)) return nullptr;
    if (bytes > bytes_max_ || !has_room(bytes)) return nullptr;
    asked = asked_before(of);
  }
  if (!asked) leave([&] { return copies_.erase(of.id); });  // that of another edition
  if (!asked || !disk_has_room(bytes, kFreeShare)) return nullptr;
  auto made = LocalCopy::create(folder_, of.stamp);
  if (!made.ok()) return nullptr;
  Pointer faster;
  leave([&] {
    faster = find_locked(of);
    Kept kept{*made, of.edition, std::move(source)};
    return faster != nullptr ? std::vector<Kept>()
                             : copies_.put(of.id, std::move(kept), std::max(bytes, bytes_min_));
  });
  if (faster != nullptr) return faster;
  let_go();
  return *std::move(made);
}

bool LocalCopies::disk_has_room(std::uint64_t bytes, std::uint64_t share) const {
  const DiskSpace space = space_(folder_);
  return space.free >= bytes + space.all / share;
}

// Beside those that are leaving.
bool LocalCopies::has_room(std::uint64_t bytes) const {
  for (const Kept& each : leaving_)
    if (each.copy->is_complete()) bytes += bytes_of(each.copy->stamp());
  return bytes <= bytes_max_;
}

// What makes room is spoilt without the lock, as that waits for the disk.
void LocalCopies::leave(const std::function<std::vector<Kept>()>& who) {
  std::vector<Kept> leaving;
  {
    const std::lock_guard lock(mutex_);
    leaving = who();
    leaving_.insert(leaving_.end(), leaving.begin(), leaving.end());
  }
  for (const Kept& each : leaving) each.copy->spoil();
}

// Those that only this holds: nobody can find them any more.
void LocalCopies::let_go() {
  if (!disk_has_room(0, 2 * kFreeShare)) leave([this] { return copies_.make_room(); });
  std::vector<Kept> gone;
  const std::lock_guard lock(mutex_);
  const auto held = std::partition(leaving_.begin(), leaving_.end(),
                                   [](const Kept& each) { return each.copy.use_count() > 1; });
  gone.assign(std::make_move_iterator(held), std::make_move_iterator(leaving_.end()));
  leaving_.erase(held, leaving_.end());
}

bool LocalCopies::asked_for_once(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (copies_.find(id) != nullptr || asked_once_.find(id) != nullptr) return false;
  asked_once_.put(id, kAnyEdition, 1);
  return true;
}

// Remembers it.
bool LocalCopies::asked_before(const CopiedContent& of) {
  std::uint64_t* const asked = asked_once_.find(of.id);
  if (asked == nullptr) return asked_once_.put(of.id, of.edition, 1), false;
  const std::uint64_t before = std::exchange(*asked, of.edition);
  return before == of.edition || before == kAnyEdition;
}

LocalCopies::Figures LocalCopies::figures() const {
  const std::lock_guard lock(mutex_);
  return {.copies = copies_.size(), .bytes = copies_.bytes()};
}

}  // namespace bramble
