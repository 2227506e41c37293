// SPDX-License-Identifier: Apache-2.0
// A volume in memory, for tests: it can fail, change under a reader, block and be released.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "volume/volume.hh"

namespace bramble {

class FakeVolume final : public Volume {
 public:
  struct Content {
    std::string content;
    std::uint64_t version = 1;
    timespec modified{.tv_sec = 784111777, .tv_nsec = 0};
    bool link = false;                                    // where its folder is listed
    std::shared_ptr<const HeadedBytes> headed = nullptr;  // of in_memory
  };

  std::map<std::string, Content, std::less<>> files;
  int open_error = 0;           // an errno: every open fails
  int read_error = 0;           // an errno: every read fails
  int change_after_reads = -1;  // the file is rewritten, backwards, behind that read
  bool always_changing = false;
  bool blocking = false;
  Volume* hand = nullptr;  // of this one, where it blocks
  Volume* kept_files = nullptr;
  bool in_memory = false;  // files give their content at once
  std::atomic<int> reads{0};
  std::function<int()> on_read;    // before a read; an errno: that read fails
  std::function<void()> on_entry;  // after each of a listing
  std::function<void()> on_close;  // when a file is destroyed

  // Opens wait until release().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    released_.notify_all();
  }

  bool blocks() const override { return blocking; }
  Volume* at_hand() override { return hand; }
  Volume* kept() override { return kept_files; }

  Result<std::unique_ptr<VolumeFile>> open(std::string_view path) override {
    {
      std::unique_lock lock(mutex_);
      released_.wait(lock, [this] { return !held_; });
    }
    if (open_error != 0) return errno_error("open " + std::string(path), open_error);
    const auto found = files.find(path);
    if (found != files.end())
      return std::unique_ptr<VolumeFile>(std::make_unique<File>(*this, found->second, false));
    const std::string below = path.empty() ? "" : std::string(path) + "/";
    const auto within = files.lower_bound(below);
    if (within != files.end() && within->first.starts_with(below))
      return std::unique_ptr<VolumeFile>(std::make_unique<File>(*this, empty_, true));
    return errno_error("open " + std::string(path), ENOENT);
  }

  Result<FolderListing> list(std::string_view path, const ListingBounds& bounds) override {
    if (open_error != 0) return errno_error("list " + std::string(path), open_error);
    const std::string below = path.empty() ? "" : std::string(path) + "/";
    struct stat status {};
    status.st_mtim.tv_sec = 784111777;
    FolderListing listing;
    std::string last;
    for (auto at = files.lower_bound(below); at != files.end() && at->first.starts_with(below);
         ++at) {
      const std::string name =
          at->first.substr(below.size(), at->first.find('/', below.size()) - below.size());
      if (std::exchange(last, name) == name) continue;
      const bool folder = at->first.size() > below.size() + name.size();
      status.st_mode = folder ? S_IFDIR : at->second.link ? S_IFLNK : S_IFREG;
      status.st_size = static_cast<off_t>(at->second.content.size());
      if (!add_entry(listing, name, status, bounds)) break;
      if (on_entry) on_entry();
    }
    if (last.empty())
      return errno_error("list " + std::string(path), files.contains(path) ? ENOTDIR : ENOENT);
    return listing;
  }

 private:
  class File final : public VolumeFile {
   public:
    File(FakeVolume& volume, Content& content, bool folder) : volume_(volume), content_(content) {
      status_.type = folder ? FileStatus::Type::kFolder : FileStatus::Type::kFile;
      status_.size = content.content.size();
      status_.modified = content.modified;
      status_.version = version();
      if (!volume.in_memory) return;
      if (content.headed == nullptr || content.headed->bytes() != content.content)
        content.headed = std::make_shared<HeadedBytes>(content.content);
      headed_ = content.headed;
    }

    ~File() override {
      if (volume_.on_close) volume_.on_close();
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    const FileStatus& status() const override { return status_; }

    Result<std::size_t> read(std::uint64_t offset, std::span<char> piece) override {
      if (volume_.read_error != 0) return errno_error("read", volume_.read_error);
      if (const int code = volume_.on_read ? volume_.on_read() : 0)
        return errno_error("read", code);
      const std::string& text = content_.content;
      const std::size_t begin = std::min<std::size_t>(offset, text.size());
      const std::size_t bytes = std::min(piece.size(), text.size() - begin);
      std::copy_n(text.data() + begin, bytes, piece.data());
      if (++volume_.reads == volume_.change_after_reads || volume_.always_changing) {
        std::reverse(content_.content.begin(), content_.content.end());
        ++content_.version;
      }
      return bytes;
    }

    bool readable() const override { return volume_.read_error != EAGAIN; }
    std::string_view content() const override {
      return headed_ != nullptr ? headed_->bytes() : std::string_view();
    }
    std::shared_ptr<const HeadedBytes> headed() const override { return headed_; }
    Result<bool> unchanged() override { return version() == status_.version; }

   private:
    FileVersion version() const {
      return {.time = content_.version, .size = content_.content.size()};
    }
    FakeVolume& volume_;
    Content& content_;
    FileStatus status_;
    std::shared_ptr<const HeadedBytes> headed_;
  };

  std::mutex mutex_;
  std::condition_variable released_;
  bool held_ = false;
  Content empty_;
};

}  // namespace bramble
