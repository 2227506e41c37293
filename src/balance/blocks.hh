// SPDX-License-Identifier: Apache-2.0
// Bytes that wait for their turn: received in blocks of one size, handed on from the front. Belongs
// to its loop's thread, with the pool that the blocks come from and go back to.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace bramble::balance {

class BlockPool {
 public:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  using Block = std::unique_ptr<char[]>;

  Block take() {
    if (idle_.empty()) return std::make_unique_for_overwrite<char[]>(kBlockBytes);
    Block block = std::move(idle_.back());
    idle_.pop_back();
    return block;
  }
  void give_back(Block block) {
    if (idle_.size() < kKept) idle_.push_back(std::move(block));
  }

 private:
  static constexpr std::size_t kKept = 64;
  std::vector<Block> idle_;
};

class Blocks {
 public:
  // Where bytes can be received to: never empty. filled() tells how many were.
  std::span<char> room(BlockPool& pool) {
    if (blocks_.empty() || end_ == BlockPool::kBlockBytes) {
      blocks_.push_back(pool.take());
      end_ = 0;
    }
    return {blocks_.back().get() + end_, BlockPool::kBlockBytes - end_};
  }
  void filled(std::size_t bytes) { end_ += bytes; }

  // What comes next, as far as it lies in one piece; empty: there is nothing.
  std::string_view front() const {
    if (blocks_.empty()) return {};
    const std::size_t end = blocks_.size() == 1 ? end_ : BlockPool::kBlockBytes;
    return {blocks_.front().get() + begin_, end - begin_};
  }

  // Of front().
  void drop(std::size_t bytes, BlockPool& pool) {
    begin_ += bytes;
    const bool last = blocks_.size() == 1;
    if (begin_ < (last ? end_ : BlockPool::kBlockBytes)) return;
    pool.give_back(std::move(blocks_.front()));
    blocks_.pop_front();
    begin_ = 0;
    if (last) end_ = 0;
  }

  void clear(BlockPool& pool) {
    for (BlockPool::Block& block : blocks_) pool.give_back(std::move(block));
    *this = Blocks();
  }

 private:
  std::deque<BlockPool::Block> blocks_;
  std::size_t begin_ = 0;  // in the first
  std::size_t end_ = 0;    // in the last
};

}  // namespace bramble::balance
