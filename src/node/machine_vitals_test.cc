// SPDX-License-Identifier: Apache-2.0
#include "node/machine_vitals.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.hh"

namespace bramble {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A /proc and a /sys of our own.
class MachineVitalsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_vitals_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    ASSERT_TRUE(write_file(root_ + path, content).ok());
  }

  std::string root_;
};

TEST_F(MachineVitalsTest, TellsLoadMemoryAndUptime) {
  put("/proc/loadavg", "0.52 0.41 0.38 2/345 6789\n");
  put("/proc/uptime", "86400.50 123456.78\n");
  put("/proc/meminfo", "MemTotal:        4000 kB\nMemFree: 1 kB\nMemAvailable:    3000 kB\n");
  const MachineVitals vitals = read_machine_vitals(root_);
  EXPECT_THAT(vitals.load, ElementsAre(0.52, 0.41, 0.38));
  EXPECT_EQ(vitals.uptime_seconds, 86400.5);
  EXPECT_EQ(vitals.memory_total_bytes, 4000U * 1024);
  EXPECT_EQ(vitals.memory_available_bytes, 3000U * 1024);
  EXPECT_GT(vitals.cpus, 0U);
}

TEST_F(MachineVitalsTest, TellsTheHottestZone) {
  put("/sys/class/thermal/thermal_zone0/temp", "41000\n");
  put("/sys/class/thermal/thermal_zone1/temp", "48312\n");
  put("/sys/class/thermal/cooling_device0/temp", "99000\n");
  EXPECT_DOUBLE_EQ(read_machine_vitals(root_).temperature_celsius.value(), 48.312);
}

TEST_F(MachineVitalsTest, TellsThrottlingOfARaspberryPi) {
  put("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
  const Throttling throttling = read_machine_vitals(root_).throttling.value();
  EXPECT_THAT(throttling.now, ElementsAre("under-voltage", "throttled"));
  EXPECT_THAT(throttling.since_boot, ElementsAre("under-voltage", "throttled"));

  put("/sys/devices/platform/soc/soc:firmware/get_throttled", "0x0\n");
  EXPECT_THAT(read_machine_vitals(root_).throttling.value().now, IsEmpty());
}

TEST_F(MachineVitalsTest, WhatTheKernelDoesNotTellStaysEmpty) {
  const MachineVitals vitals = read_machine_vitals(root_);
  EXPECT_THAT(vitals.load, IsEmpty());
  EXPECT_EQ(vitals.temperature_celsius, std::nullopt);
  EXPECT_FALSE(vitals.throttling.has_value());
}

TEST(MachineVitals, OfThisMachineAreThere) {
  const MachineVitals vitals = read_machine_vitals();
  EXPECT_EQ(vitals.load.size(), 3U);
  EXPECT_GT(vitals.memory_total_bytes, vitals.memory_available_bytes);
  EXPECT_GT(vitals.uptime_seconds, 0);
}

}  // namespace
}  // namespace bramble
