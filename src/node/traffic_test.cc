// SPDX-License-Identifier: Apache-2.0
#include "node/traffic.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/admin.hh"

namespace bramble {
namespace {

using testing::HasSubstr;

TEST(Traffic, IsCountedAndToldToPrometheus) {
  Traffic one(nullptr, http::LogFormat::kCombined), two(nullptr, http::LogFormat::kCombined);
  one.on_exchange({.status = 200, .body_bytes = 10, .total = std::chrono::milliseconds(2)});
  one.on_exchange({.status = 404, .body_bytes = 5, .total = std::chrono::milliseconds(1)});
  two.on_exchange({.status = 200,
                   .body_bytes = 1,
                   .total = std::chrono::seconds(100),
                   .ending = http::Ending::kClientAborted});
  two.counters().connections.set(3);
  CodedCache coded(1000);
  const std::string text = node_metrics({&one, &two}, {.coded = &coded});
  for (const char* line :
       {"bramble_requests_total 3\n", "bramble_open_connections 3\n",
        "bramble_body_bytes_total 16\n", "bramble_answers_total{code=\"2xx\"} 2\n",
        "bramble_answers_total{code=\"4xx\"} 1\n", "bramble_endings_total{end=\"ok\"} 2\n",
        "bramble_endings_total{end=\"client-aborted\"} 1\n",
        "bramble_request_seconds_bucket{le=\"0.001\"} 1\n",
        "bramble_request_seconds_bucket{le=\"0.0025\"} 2\n",
        "bramble_request_seconds_bucket{le=\"+Inf\"} 3\n", "bramble_request_seconds_count 3\n",
        "bramble_coded_bytes 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, testing::Not(HasSubstr("workers")));
}

class UnwellVolume final : public Volume {
 public:
  Result<std::unique_ptr<VolumeFile>> open(std::string_view) override { return failure("no"); }
  Result<FolderListing> list(std::string_view, const ListingBounds&) override {
    return failure("no");
  }
  bool blocks() const override { return true; }
  std::optional<CacheFigures> cache_figures() const override {
    return CacheFigures{.hits = 5, .stale_hits = 2, .bricks = 3, .bricks_connected = 1};
  }
  std::optional<Error> trouble() const override { return failure("no quorum"); }
};

TEST(Traffic, TheVolumeAndItsCacheAreTold) {
  const UnwellVolume volume;
  const std::string text = node_metrics({}, {.volume = &volume});
  for (const char* line :
       {"bramble_volume_up 0\n", "bramble_bricks 3\n", "bramble_bricks_connected 1\n",
        "bramble_cache_hits_total 5\n", "bramble_cache_stale_hits_total 2\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace bramble
