// SPDX-License-Identifier: Apache-2.0
#include "node/coded_cache.hh"

#include <array>
#include <iterator>
#include <utility>

namespace bramble {

std::size_t CodedCache::Entry::bytes() const {
  constexpr std::size_t kOverhead = 256;  // about what list and map add
  return kOverhead + 2 * key.size() + (content != nullptr ? content->memory() : 0);
}

std::optional<CodedCache::Content> CodedCache::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  found->second->used = true;
  return found->second->content;
}

void CodedCache::put(const std::string& key, Content content) {
  Entry entry{.key = key, .content = std::move(content)};
  const std::size_t bytes = entry.bytes();
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ || by_key_.contains(key)) return;
  while (bytes_ + bytes > bytes_max_) drop_oldest();
  entries_.push_front(std::move(entry));
  by_key_.emplace(key, entries_.begin());
  bytes_ += bytes;
}

CodedCache::Making::~Making() {
  if (cache_ == nullptr) return;
  const std::lock_guard lock(cache_->mutex_);
  cache_->being_made_.erase(key_);
}

CodedCache::Making CodedCache::begin_making(const std::string& key) {
  if (alive_->load(std::memory_order_relaxed) > 2 * bytes_max_) return {};
  const std::lock_guard lock(mutex_);
  if (being_made_.size() >= makers_max_ || !being_made_.insert(key).second) return {};
  return {*this, key};
}

CodedCache::Content CodedCache::content(std::string_view text) const {
  const auto count = [alive = alive_](const HeadedBytes* dead) {
    alive->fetch_sub(dead->memory(), std::memory_order_relaxed);
    delete dead;
  };
  Content made(new HeadedBytes(text), count);
  alive_->fetch_add(made->memory(), std::memory_order_relaxed);
  return made;
}

// What was asked for since it came to the end begins anew; but loops wait meanwhile.
void CodedCache::drop_oldest() {
  constexpr int kPassedOverMax = 64;
  for (int i = 0; i < kPassedOverMax && std::exchange(entries_.back().used, false); ++i)
    entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
  bytes_ -= entries_.back().bytes();
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

std::size_t CodedCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::string CodedCache::key(std::string_view name, const FileStatus& status,
                            http::ContentCoding coding) {
  const std::array<std::uint64_t, 7> numbers = {status.version.time,
                                                status.version.size,
                                                static_cast<std::uint64_t>(status.changed.tv_sec),
                                                static_cast<std::uint64_t>(status.changed.tv_nsec),
                                                status.inode,
                                                status.edition,
                                                static_cast<std::uint64_t>(coding)};
  std::string key;
  key.reserve(sizeof numbers + name.size());
  key.append(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
  return key.append(name);
}

}  // namespace bramble
