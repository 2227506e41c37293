// SPDX-License-Identifier: Apache-2.0
#include "numbers.hh"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <vector>

#include "drill/fetch.hh"

namespace bramble::bench {

std::string download(const Address& address, const std::string& path, std::uint64_t size,
                     std::uint64_t bytes_a_second) {
  bool right = true;
  const drill::Fetched got =
      drill::fetch({.address = address,
                    .path = path,
                    .bytes_a_second = bytes_a_second,
                    .look = [&](std::uint64_t place, std::string_view bytes) {
                      for (const char c : bytes) {
                        const std::uint64_t number = place / 8;
                        right = right && static_cast<std::uint8_t>(c) ==
                                             static_cast<std::uint8_t>(number >> (8 * (place % 8)));
                        ++place;
                      }
                    }});
  if (!got.fault.empty()) return got.fault;
  if (got.bytes != size) return fmt::format("{} bytes of {}", got.bytes, size);
  return right ? "" : "other bytes than were written";
}

void write_numbers(const std::string& path, std::uint64_t size) {
  std::ofstream file(path, std::ios::binary);
  std::vector<std::uint64_t> piece(128 * 1024);
  for (std::uint64_t number = 0; number < size / 8;) {
    for (std::uint64_t& each : piece) each = number++;
    const std::uint64_t left = size - (number - piece.size()) * 8;
    file.write(reinterpret_cast<const char*>(piece.data()),
               static_cast<std::streamsize>(std::min<std::uint64_t>(left, piece.size() * 8)));
  }
}

}  // namespace bramble::bench
