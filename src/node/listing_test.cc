// SPDX-License-Identifier: Apache-2.0
#include "node/listing.hh"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bramble {
namespace {

using Kind = FolderEntry::Kind;

FolderListing listing_of(std::vector<FolderEntry> entries) {
  FolderListing listing{.entries = std::move(entries)};
  for (FolderEntry& entry : listing.entries) entry.modified.tv_sec = 784111777;
  arrange(listing);
  return listing;
}

TEST(Listing, FoldersComeFirstAndWhatIsHiddenNever) {
  const FolderListing listing = listing_of({{"b.txt", Kind::kFile, 2},
                                            {"z", Kind::kFolder},
                                            {".git", Kind::kFolder},
                                            {"to", Kind::kLink},
                                            {"a.txt", Kind::kFile, 10}});
  const auto document = nlohmann::json::parse(listing_json("/docs/", listing));
  EXPECT_EQ(document["path"], "/docs/");
  ASSERT_EQ(document["entries"].size(), 3U);
  EXPECT_EQ(document["entries"][0]["name"], "z");
  EXPECT_EQ(document["entries"][0]["type"], "folder");
  EXPECT_FALSE(document["entries"][0].contains("size"));
  EXPECT_EQ(document["entries"][1]["name"], "a.txt");
  EXPECT_EQ(document["entries"][1]["size"], 10);
  EXPECT_EQ(document["entries"][1]["modified"], "1994-11-06T08:49:37Z");
  EXPECT_EQ(document["more"], false);
}

TEST(Listing, ANameIsNoMarkupAndNoOtherAddress) {
  const std::string page =
      listing_html("/<b>/", listing_of({{"<script>alert(1)</script>", Kind::kFile, 1},
                                        {"\"onclick=x", Kind::kFile, 1},
                                        {"javascript:alert(1)", Kind::kFile, 1},
                                        {"a&b?c#d", Kind::kFolder}}));
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("\"onclick"), std::string::npos);
  EXPECT_EQ(page.find("href=\"javascript"), std::string::npos);
  EXPECT_NE(page.find("<a href=\"./a%26b%3Fc%23d/\">a&amp;b?c#d/</a>"), std::string::npos) << page;
  EXPECT_NE(page.find("<a href=\"../\">"), std::string::npos);
  EXPECT_EQ(listing_html("/", {}).find("../"), std::string::npos);
}

TEST(Listing, ANameThatIsNoTextIsStillJson) {
  const std::string text = listing_json("/", listing_of({{"a\xff\"\n", Kind::kFile, 1}}));
  EXPECT_FALSE(nlohmann::json::parse(text, nullptr, false).is_discarded()) << text;
}

}  // namespace
}  // namespace bramble
