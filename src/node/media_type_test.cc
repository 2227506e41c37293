// SPDX-License-Identifier: Apache-2.0
#include "node/media_type.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(MediaType, IsToldByTheExtension) {
  EXPECT_EQ(media_type_of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("a/b.c/IMG.JPG"), "image/jpeg");
  EXPECT_EQ(media_type_of("site.webmanifest"), "application/manifest+json");
  EXPECT_EQ(media_type_of("x.tar.zst"), "application/zstd");
  EXPECT_EQ(media_type_of("a.7z"), "application/x-7z-compressed");
}

TEST(MediaType, WhatIsNotKnownIsBytes) {
  for (const char* name :
       {"", "README", "a.", "a.html/b", ".html", "a.unknown", "a.htmlx", "a.averylongextension"})
    EXPECT_EQ(media_type_of(name), "application/octet-stream") << name;
}

}  // namespace
}  // namespace bramble
