// SPDX-License-Identifier: Apache-2.0
#include "lab/place.hh"

#include <algorithm>

#include "base/fingerprint.hh"

namespace bramble::lab {
namespace {

constexpr std::size_t kNameMax = 16;  // bytes

bool fit_for_a_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

Result<Place> Place::of(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kNameMax && name.front() != '-' &&
                    name.back() != '-' && std::all_of(name.begin(), name.end(), fit_for_a_name);
  if (!good)
    return failure("\"" + name + "\" cannot name a lab: use 1 to 16 of a-z, 0-9 and inner dashes");
  return Place(name);
}

std::string Place::command(const std::string& words) const {
  return "bramble lab " + (name_ == kUsualLab ? "" : "--name " + name_ + ' ') + words;
}

std::string Place::is_not_up() const {
  return "the lab \"" + name_ + "\" is not up: start it with " + command("up");
}

std::string Place::loopback() const {
  const std::uint64_t hash = fingerprint(name_);
  return "127.77." + std::to_string(hash % 256) + '.' + std::to_string(1 + hash / 256 % 254);
}

}  // namespace bramble::lab
