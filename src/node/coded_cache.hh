// SPDX-License-Identifier: Apache-2.0
// What was compressed, by file, content and coding: bounded by bytes; the oldest that nobody has
// asked for lately goes first. A file that changed has another entry; its ETag alone would not
// tell, as archives and rsync set times back.
//
// An entry without content says that the file is not shorter by that coding.
//
// Compressing takes a core for 0.1 s and more, and what was made lives on after it was dropped,
// with visitors who take their time: so only so many are made at once, each by one alone, and none
// while twice of what may be kept is alive. Who may not make one gives the file as it is.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/headed_bytes.hh"
#include "http/content_coding.hh"
#include "volume/volume.hh"

namespace bramble {

// Any thread.
class CodedCache {
 public:
  using Content = std::shared_ptr<const HeadedBytes>;  // nullptr: not shorter

  explicit CodedCache(std::size_t bytes_max, std::size_t makers_max = 1)
      : bytes_max_(bytes_max), makers_max_(makers_max) {}

  // The right to make one, while it lives; within the cache's own life.
  class Making {
   public:
    Making() = default;
    Making(CodedCache& cache, std::string key) : cache_(&cache), key_(std::move(key)) {}
    Making(Making&& other) noexcept
        : cache_(std::exchange(other.cache_, nullptr)), key_(std::move(other.key_)) {}
    Making& operator=(Making&&) = delete;
    ~Making();
    explicit operator bool() const { return cache_ != nullptr; }

   private:
    CodedCache* cache_ = nullptr;
    std::string key_;
  };

  // Nothing where it is not known.
  std::optional<Content> find(const std::string& key);
  void put(const std::string& key, Content content);
  Making begin_making(const std::string& key);  // false: not now
  Content content(
      std::string_view text) const;  // of what was made, for put(); counted while it lives

  std::size_t bytes() const;  // of contents and keys

  static std::string key(std::string_view name, const FileStatus& status,
                         http::ContentCoding coding);

 private:
  struct Entry {
    std::string key;
    Content content;
    bool used = false;  // since it was put, or passed over
    std::size_t bytes() const;
  };

  void drop_oldest();

  const std::size_t bytes_max_;
  const std::size_t makers_max_;
  const std::shared_ptr<std::atomic<std::size_t>> alive_ =
      std::make_shared<std::atomic<std::size_t>>(0);  // bytes of contents, which may outlive us
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the one that goes next is last
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
  std::unordered_set<std::string> being_made_;
};

}  // namespace bramble
