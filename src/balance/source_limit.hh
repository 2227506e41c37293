// SPDX-License-Identifier: Apache-2.0
// How many connections each source may have open: an IPv4 address, or the /64 of an IPv6 one, of
// which a single machine has all. Shared by all loop threads and touched twice a connection, never
// by a request: a lock for each of some shards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "net/address.hh"

namespace bramble::balance {

using Source = std::uint64_t;

Source source_of(const Address& address);

class SourceLimit {
 public:
  explicit SourceLimit(std::size_t limit) : limit_(limit) {}  // 0: any number

  [[nodiscard]] bool take(Source source);
  void give_back(Source source);
  std::size_t limit() const { return limit_; }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Source, std::size_t> open;  // only those that have any
  };

  Shard& shard_of(Source source);

  const std::size_t limit_;
  std::array<Shard, 16> shards_;
};

}  // namespace bramble::balance
