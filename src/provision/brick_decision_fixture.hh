// SPDX-License-Identifier: Apache-2.0
// What is decided of a brick, by what a host has answered. For tests.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "provision/brick_decision.hh"

namespace bramble::provision {

inline constexpr std::string_view kUuid = "0b0f6c3e-6d0a-4c39-9d8e-0a5a5a1b2c3d";
inline const std::string kOurFilesystem =
    fmt::format("TYPE=xfs\nUUID={}", kUuid);  // as blkid tells

// A host's answer, put together section by section.
class HostLook {
 public:
  HostLook& with(const std::string& section, std::string_view text) {
    text_ += fmt::format("@@ {}\n{}\n", section, text);
    return *this;
  }
  Report report() const { return Report(text_); }

 private:
  std::string text_;
};

inline Result<BrickWork> decide(const HostLook& look, Brick brick = {}) {
  return decide_brick({.name = "web", .brick = std::move(brick)}, "/srv/brick/web", look.report());
}

inline std::string refusal(const HostLook& look, Brick brick = {}) {
  const Result<BrickWork> work = decide(look, std::move(brick));
  return work.ok() ? "(none)" : work.error().what;
}

}  // namespace bramble::provision
