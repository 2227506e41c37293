// SPDX-License-Identifier: Apache-2.0
// A cache before a volume in memory; time stands still unless told otherwise.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "volume/fake_gluster.hh"
#include "volume/gluster_cache.hh"

namespace bramble {

class GlusterCacheTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(GlusterCacheOptions options, const std::string& folder = "") {
    cache_.reset();
    session_ =
        GlusterSession::connect(gluster_.library(), {.host = "localhost", .volume = "web"}).value();
    cache_.emplace(session_, folder, options, clock_);
    cache_->links_seen(true);
  }

  // "ENOENT" and the like where there is no content.
  static std::string text(const Result<std::unique_ptr<VolumeFile>>& opened) {
    if (!opened.ok()) return ::strerrorname_np(opened.error().code);
    VolumeFile& file = **opened;
    if (file.status().type == FileStatus::Type::kFolder) return "a folder";
    std::string bytes(file.status().size, '\0');
    for (std::size_t have = 0; have < bytes.size();) {
      const auto n = file.read(have, std::span(bytes).subspan(have));
      if (!n.ok()) return ::strerrorname_np(n.error().code);
      if (*n == 0) return "too short";
      have += *n;
    }
    const Result<bool> same = file.unchanged();
    return same.ok() && *same ? bytes : "torn";
  }
  std::string open(std::string_view path) { return text(cache_->open(path)); }
  std::string at_hand(std::string_view path) { return text(cache_->open_at_hand(path)); }
  std::string kept(std::string_view path) { return text(cache_->open_kept(path)); }

  // Time passes, and the connections hold; folders are not looked at.
  void wait(std::chrono::milliseconds time) {
    clock_.advance(time);
    cache_->links_seen(true);
  }
  int asked() const { return gluster_.lookups + gluster_.stats + gluster_.reads + gluster_.opens; }
  void bricks_tell() {  // any event will do
    gluster_.file("noise", "");
    (void)open("noise");
    gluster_.send_event("noise");
  }
  void release_the_first() {  // of two, by a link that can be switched
    gluster_.file("releases/1/page", "one");
    gluster_.file("releases/2/page", "two");
    gluster_.link("current", "releases/1");
  }

  FakeClock clock_;
  FakeGluster gluster_;
  std::shared_ptr<GlusterSession> session_;
  std::optional<GlusterCache> cache_;
};

}  // namespace bramble
