// SPDX-License-Identifier: Apache-2.0
#include "balance/source_limit.hh"

#include <cstring>

namespace bramble::balance {

Source source_of(const Address& address) {
  if (!address.is_v6()) {
    sockaddr_in v4 = {};
    std::memcpy(&v4, address.data(), sizeof v4);
    return v4.sin_addr.s_addr;
  }
  sockaddr_in6 v6 = {};
  std::memcpy(&v6, address.data(), sizeof v6);
  std::uint32_t mapped = 0;
  std::uint64_t prefix = 0;
  std::memcpy(&mapped, &v6.sin6_addr.s6_addr[12], sizeof mapped);
  std::memcpy(&prefix, &v6.sin6_addr.s6_addr[0], sizeof prefix);
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? mapped : prefix;
}

// Fibonacci hashing: neighbours come to different shards.
SourceLimit::Shard& SourceLimit::shard_of(Source source) {
  return shards_[(source * 0x9e3779b97f4a7c15U) >> 60U];
}

bool SourceLimit::take(Source source) {
  if (limit_ == 0) return true;
  Shard& shard = shard_of(source);
  const std::lock_guard lock(shard.mutex);
  std::size_t& open = shard.open[source];
  if (open == limit_) return false;
  ++open;
  return true;
}

void SourceLimit::give_back(Source source) {
  if (limit_ == 0) return;
  Shard& shard = shard_of(source);
  const std::lock_guard lock(shard.mutex);
  const auto at = shard.open.find(source);
  if (at != shard.open.end() && --at->second == 0) shard.open.erase(at);
}

}  // namespace bramble::balance
