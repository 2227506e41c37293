// SPDX-License-Identifier: Apache-2.0
// A copy of one content of a file in an unlinked local file, filled in pieces as they are read.
//
//     filling ── every piece is there, and the volume's file was still the same ──► complete
//        └────── a piece could not be written, or others need the room ──► spoilt: as good as none
//
// The space is given back when it is spoilt, or the last who holds it lets go, at a crash, too. Any
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "volume/freshness.hh"

namespace bramble {

class LocalCopy {
 public:
  static constexpr std::uint64_t kPieceBytes = 128 * 1024;

  // In the folder, which must be on a filesystem with room. Of a content of stamp.size bytes.
  static Result<std::shared_ptr<LocalCopy>> create(const std::string& folder, const Stamp& stamp);

  const Stamp& stamp() const { return stamp_; }

  // What was read of the volume's file at the offset. Pieces that it holds only a part of are left
  // out.
  void fill(std::uint64_t offset, std::span<const char> bytes);

  // From pieces that are there: 0 where the one at the offset is not.
  std::size_t read(std::uint64_t offset, std::span<char> bytes) const;

  bool filled() const;
  void complete();  // where it is filled
  bool is_complete() const { return complete_.load(std::memory_order_acquire); }
  void spoil();  // unless it is complete
  bool is_spoilt() const { return spoilt_.load(std::memory_order_acquire); }

  // For sendfile, once it is complete.
  int descriptor() const { return file_.get(); }

 private:
  LocalCopy(UniqueFd file, const Stamp& stamp);
  void give_back();
  std::uint64_t size() const { return static_cast<std::uint64_t>(stamp_.size); }

  const UniqueFd file_;
  const Stamp stamp_;
  std::atomic<bool> complete_{false};
  mutable std::mutex mutex_;  // of what follows
  std::vector<bool> pieces_;  // those that are there
  std::size_t missing_;
  std::atomic<bool> spoilt_{false};
};

}  // namespace bramble
