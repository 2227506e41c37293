// SPDX-License-Identifier: Apache-2.0
// A small site to publish: pages, pictures and one large file, all made here.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hh"

namespace bramble::demo {

inline constexpr std::uint64_t kLargeFileBytes = 64ULL << 20;
inline constexpr const char* kLargeFile = "large.bin";

// Writes the site into an existing, empty folder.
Result<void> write_sample_site(const std::string& folder);

}  // namespace bramble::demo
