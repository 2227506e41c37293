// SPDX-License-Identifier: Apache-2.0
// A file whose bytes can be checked without it.
#pragma once

#include <cstdint>
#include <string>

#include "net/address.hh"

namespace bramble::bench {

// Downloads a file of ascending 64-bit numbers at so many bytes a second, and looks at each of
// them. Empty: it was whole; else what was wrong. Blocks.
std::string download(const Address& address, const std::string& path, std::uint64_t size,
                     std::uint64_t bytes_a_second);
void write_numbers(const std::string& path, std::uint64_t size);

}  // namespace bramble::bench
