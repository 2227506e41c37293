// SPDX-License-Identifier: Apache-2.0
// A cache before a volume in memory and each of its bricks, with a folder of twenty files.
#pragma once

#include <functional>
#include <string>

#include "volume/fake_volfile.hh"
#include "volume/gluster_cache_fixture.hh"

namespace bramble {

class GlusterCacheBricksTest : public GlusterCacheTest {
 protected:
  void SetUp() override {
    for (const char* brick : {"0", "1", "2"})
      gluster_.file(link_of(brick), "connected = 1\nmsgs_sent = 1\n");
    gluster_.volfile = kFakeVolfile;
    begin({});
  }
  // The bricks are asked one after the other: what happens meanwhile is told from what comes later.
  void begin(GlusterCacheOptions options) {
    options.bricks_at_once = false;
    begin_as_it_is(std::move(options));
  }
  void begin_as_it_is(GlusterCacheOptions options) {
    start(std::move(options));
    ASSERT_TRUE(cache_->connect_bricks().ok());
    (void)cache_->look_at_bricks();
    bricks_tell();
    for (int i = 0; i < 20; ++i) gluster_.file(page(i), text_of(i));
  }
  static std::string link_of(const std::string& brick) {
    return ".meta/graphs/active/web-client-" + brick + "/private";
  }
  static std::string page(int number) { return "a/page" + std::to_string(number); }
  static std::string text_of(int number) { return "page " + std::to_string(number); }

  static constexpr int kMisses = 4;  // after which a folder is listed
  static constexpr int kLooks = 4;   // each brick, and the witness once more

  // Misses enough of them, and lets the folder be listed.
  void list() {
    for (int i = 0; i < kMisses; ++i) (void)open("a/missing" + std::to_string(missing_++));
    cache_->list_folders(std::chrono::milliseconds(0));
  }
  // Nobody uses what was listed, until it is dropped.
  void forget_listings() {
    wait(std::chrono::seconds(6));
    cache_->verify_folders();
  }
  // As `list`; somebody does something when the folder was listed so many times.
  void list_while(int look, const std::function<void()>& doing) {
    int looks = 0;
    gluster_.on_list = [&, look](int) {
      if (looks++ == look) doing();
    };
    list();
    gluster_.on_list = nullptr;
    EXPECT_GT(looks, look);
  }
  int by_bricks() const { return static_cast<int>(cache_->figures().files_from_bricks); }

 private:
  int missing_ = 0;
};

}  // namespace bramble
