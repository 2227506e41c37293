// SPDX-License-Identifier: Apache-2.0
#include "balance/word.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

constexpr std::int64_t kNow = 1'795'423'522;

Word word(const std::string& body) {
  return parse_word(body, WallTime(std::chrono::seconds(kNow)));
}

// A health document whose vitals hold these members.
Word with_vitals(const std::string& members, std::int64_t time = kNow - 2) {
  return word(fmt::format(R"({{"name": "a", "status": "ok", "vitals": {{"time": {}.5, {}}}}})",
                          time, members));
}

TEST(Word, SaysNothingWhereAllIsWell) {
  EXPECT_EQ(word(R"({"name": "a", "status": "ok"})"), Word());
  EXPECT_EQ(with_vitals(R"("temperature_celsius": 48.3, "throttling": {"now": []},
      "brick": {"online": true, "total_bytes": 100, "free_bytes": 60, "heals_pending": 0})"),
            Word());
  EXPECT_EQ(with_vitals(R"("temperature_celsius": null, "throttling": null, "brick": null)"),
            Word());
}

TEST(Word, SaysNothingWhereItIsNoSuchDocument) {
  for (const char* body :
       {"", "hello", "{", "[]", "3", "null", "{\"status\": 3}", "{\"vitals\": 3}",
        "{\"weight\": \"much\"}", "{\"vitals\": {\"time\": \"now\", \"brick\": 1}}"})
    EXPECT_EQ(word(body), Word()) << body;
}

TEST(Word, DrainsANodeThatAsksForIt) {
  EXPECT_TRUE(word(R"({"status": "draining"})").draining);
  EXPECT_TRUE(word(R"({"weight": 0})").draining);
  EXPECT_FALSE(word(R"({"weight": 0.5})").draining);
}

TEST(Word, TakesTheWeightThatIsTold) {
  EXPECT_EQ(word(R"({"weight": 0.25})").strength, 0.25);
  EXPECT_EQ(word(R"({"weight": 7})").strength, 1) << "never above its own";
  EXPECT_EQ(word(R"({"weight": 1e-9})").strength, 0.01);
}

TEST(Word, WeighsTroubles) {
  const Word hot = with_vitals(R"("temperature_celsius": 82)");
  EXPECT_EQ(hot.says, "hot");
  EXPECT_EQ(hot.strength, 0.5);
  EXPECT_EQ(with_vitals(R"("throttling": {"now": ["throttled"]})").says, "hot");
  EXPECT_EQ(with_vitals(R"("brick": {"heals_pending": 1})").says, "healing");
  const Word full = with_vitals(R"("brick": {"total_bytes": 100, "free_bytes": 4})");
  EXPECT_EQ(full.says, "full");
  EXPECT_EQ(full.strength, 0.5);
  const Word all = with_vitals(R"("temperature_celsius": 82,
      "brick": {"online": false, "heals_pending": 3, "total_bytes": 100, "free_bytes": 0})");
  EXPECT_EQ(all.says, "hot, healing, without its brick, full");
  EXPECT_EQ(all.strength, 0.0625);
}

TEST(Word, DoesNotBelieveOldVitals) {
  EXPECT_EQ(with_vitals(R"("temperature_celsius": 82)", kNow - 60), Word());
  EXPECT_EQ(with_vitals(R"("temperature_celsius": 82)", kNow + 60), Word());
}

}  // namespace
}  // namespace bramble::balance
