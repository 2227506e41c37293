// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a cluster's file or in one of backends, each fault is told at a place in it.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/result.hh"
#include "cluster/backends_file.hh"
#include "cluster/load.hh"

namespace {

void check_places(const bramble::Faults& faults, std::string_view text) {
  const auto lines = std::ranges::count(text, '\n') + 1;
  for (const bramble::Fault& fault : faults) {
    BRAMBLE_CHECK(fault.at.line >= 1 && fault.at.line <= lines);
    BRAMBLE_CHECK(fault.at.column >= 1 && fault.at.column <= text.size() + 1);
    BRAMBLE_CHECK(!fault.what.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_places(bramble::parse_cluster(text, {.folder = "/nowhere", .zoneinfo = "/nowhere"}).faults,
               text);
  bramble::Faults faults;
  (void)bramble::parse_backends(text, faults);
  check_places(faults, text);
  return 0;
}
