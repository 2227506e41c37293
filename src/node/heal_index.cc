// SPDX-License-Identifier: Apache-2.0
#include "node/heal_index.hh"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.hh"
#include "base/log.hh"

namespace bramble {
namespace {

constexpr std::uint64_t kHealsCountedMax = 100'000;  // beyond, it is "very many"

std::string index_of(const std::string& brick_folder) {
  return brick_folder + "/.glusterfs/indices/xattrop";
}

}  // namespace

std::uint64_t heals_pending(const std::string& brick_folder) {
  std::uint64_t count = 0;
  visit_names(index_of(brick_folder), [&count](const std::string& name) {
    if (!name.starts_with("xattrop-")) ++count;
    return count < kHealsCountedMax;
  });
  return count;
}

HealIndex::HealIndex(const std::string& brick_folder)
    : folder_(index_of(brick_folder)), events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!events_) log::warning("what is healed is not seen: {}", errno_error("inotify_init1").what);
}

std::vector<Gfid> HealIndex::healed() {
  std::vector<Gfid> gone;
  alignas(inotify_event) std::array<char, 16'384> buffer;
  for (ssize_t size; (size = ::read(events_.get(), buffer.data(), buffer.size())) > 0;) {
    inotify_event event;
    for (const char* at = buffer.data(); at < buffer.data() + size;
         at += sizeof event + event.len) {
      std::memcpy(&event, at, sizeof event);
      if ((event.mask & IN_Q_OVERFLOW) != 0)
        log::warning("so many files are healed that not all were seen");
      if ((event.mask & IN_DELETE) == 0 || event.len == 0) continue;
      if (const auto id = parse_gfid(at + sizeof event)) gone.push_back(*id);
    }
  }
  watch();
  return gone;
}

// Each time: it may be another folder of that name by now. The same one is watched only once.
void HealIndex::watch() {
  if (!events_) return;
  const int before = std::exchange(
      watch_, ::inotify_add_watch(events_.get(), folder_.c_str(), IN_DELETE | IN_ONLYDIR));
  const int code = watch_ < 0 ? errno : 0;
  if (code != 0 && code != ENOENT && code != told_)
    log::warning("what is healed is not seen: {}", errno_error("watch " + folder_, code).what);
  told_ = code;
  if (before >= 0 && before != watch_) (void)::inotify_rm_watch(events_.get(), before);
}

}  // namespace bramble
