// SPDX-License-Identifier: Apache-2.0
#include "node/health.hh"

#include <gtest/gtest.h>

#include "node/stale_watch.hh"

namespace bramble {
namespace {

TEST(Health, ANodeThatIsWellSaysSo) {
  EXPECT_EQ(health_document({.name = "n1", .uptime_seconds = 5, .connections = 1, .requests = 2}),
            "{\"name\":\"n1\",\"status\":\"ok\",\"version\":\"" BRAMBLE_VERSION
            "\",\"uptime_seconds\":5,\"connections\":1,\"requests\":2}\n");
}

TEST(Health, TroubleIsToldWithItsReason) {
  const std::string text = health_document({.name = "n1", .trouble = "the volume is away"});
  EXPECT_NE(text.find("\"status\":\"unavailable\",\"why\":\"the volume is away\""),
            std::string::npos);
}

TEST(Health, TheCacheIsToldOf) {
  const std::string text = health_document({.name = "n1",
                                            .cache = CacheFigures{.hits = 3,
                                                                  .misses = 1,
                                                                  .stale_hits = 2,
                                                                  .events = 4,
                                                                  .distrusted = 5,
                                                                  .names = 6,
                                                                  .memory_bytes = 7,
                                                                  .copies = 8,
                                                                  .copy_bytes = 9,
                                                                  .bricks = 11,
                                                                  .bricks_connected = 10}});
  EXPECT_NE(text.find(R"("cache":{"hits":3,"misses":1,"hit_rate":0.75,"stale_hits":2,)"
                      R"("stale":false,"events":4,"distrusted":5,"names":6,"memory_bytes":7,)"
                      R"("copies":8,"copy_bytes":9,"bricks":11,"bricks_connected":10}})"),
            std::string::npos)
      << text;
  EXPECT_NE(health_document({.cache = CacheFigures{}}).find("\"hit_rate\":null"),
            std::string::npos);
}

TEST(Health, WhatIsGivenUnverifiedIsToldWhileItLasts) {
  EXPECT_NE(health_document({.cache = CacheFigures{.stale_hits = 7}, .stale = true})
                .find("\"stale_hits\":7,\"stale\":true"),
            std::string::npos);
  FakeClock clock;
  StaleWatch watch;
  const auto stale = [&](std::uint64_t hits) {
    watch.observe(hits, clock.now());
    return watch.stale(clock.now());
  };
  EXPECT_FALSE(stale(0));
  EXPECT_TRUE(stale(7));
  clock.advance(std::chrono::seconds(4));
  EXPECT_TRUE(stale(7));
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(stale(7)) << "those are long gone";
  EXPECT_TRUE(stale(8));
}

TEST(Health, TheVitalsAreMerged) {
  const std::string text = health_document({.name = "n1", .vitals = "{\"load\": [0.5]}\n"});
  EXPECT_NE(text.find("\"vitals\":{\"load\":[0.5]}"), std::string::npos);
}

TEST(Health, VitalsThatAreNoJsonAreLeftOut) {
  const std::string text = health_document({.name = "n1\xff", .vitals = "{\"load\":"});
  EXPECT_NE(text.find(R"("vitals_error":"the vitals file is no JSON"})"), std::string::npos);
}

TEST(Health, OneThatWasJustStartedAwaitsAnEvent) {
  HealthFacts facts{.name = "n1", .uptime_seconds = 299, .cache = CacheFigures{}};
  EXPECT_TRUE(awaits_an_event(health_document(facts)));
  facts.uptime_seconds = 300;
  EXPECT_FALSE(awaits_an_event(health_document(facts))) << "its bricks do not tell";
  facts.uptime_seconds = 299;
  facts.cache->events = 1;
  EXPECT_FALSE(awaits_an_event(health_document(facts)));
  facts.cache.reset();
  EXPECT_FALSE(awaits_an_event(health_document(facts))) << "it keeps nothing";
}

TEST(Health, WhatIsNoSuchDocumentAwaitsNothing) {
  for (const char* text : {"", "[]", "{}", "null", R"({"uptime_seconds":1,"cache":null})",
                           R"({"uptime_seconds":-1,"cache":{"events":0}})",
                           R"({"uptime_seconds":1,"cache":{"events":"0"}})"})
    EXPECT_FALSE(awaits_an_event(text)) << text;
}

}  // namespace
}  // namespace bramble
