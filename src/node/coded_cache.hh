// SPDX-License-Identifier: Apache-2.0
// What was compressed, by file, content and coding: bounded by bytes, the one that was not asked
// for longest goes first. A file that changed has another entry; its ETag alone would not tell, as
// archives and rsync set times back.
//
// An entry without content says that the file is not shorter by that coding.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/content_coding.hh"
#include "volume/volume.hh"

namespace bramble {

// Any thread.
class CodedCache {
 public:
  using Content = std::shared_ptr<const std::string>;  // nullptr: not shorter

  explicit CodedCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Nothing where it is not known.
  std::optional<Content> find(const std::string& key);
  void put(const std::string& key, Content content);

  std::size_t bytes() const;  // of contents and keys

  static std::string key(std::string_view name, const FileStatus& status,
                         http::ContentCoding coding);

 private:
  struct Entry {
    std::string key;
    Content content;
    std::size_t bytes() const;
  };

  void drop_oldest();

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the one that was asked for last is first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace bramble
