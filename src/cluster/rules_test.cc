// SPDX-License-Identifier: Apache-2.0
#include "cluster/rules.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

struct Case {
  std::string (*rule)(std::string_view);
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;
};

TEST(Rules, TakeTheGoodAndRefuseTheBad) {
  const std::string longest(63, 'a');
  const std::string too_long(64, 'a');
  const std::string longer(65, 'a');
  const std::vector<Case> cases = {
      {fault_of_machine_name,
       {"a", "cluster01", "a-b", "3com", longest},
       {"", "-a", "a-", "A", "a.b", "a b", "localhost", "4711", "0x1f", too_long}},
      {fault_of_address,
       {"192.168.2.5", "10.0.0.1", "10.77.1.1"},
       {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "a.b.c.d", "::1", "0.0.0.0", "127.0.0.1",
        "224.0.0.1", "255.255.255.255", "10.77.0.5", " 1.2.3.4"}},
      {fault_of_listen,
       {"0.0.0.0:80", "1.2.3.4:65535"},
       {"", "80", ":80", "0.0.0.0:0", "0.0.0.0:65536", "0.0.0.0:", "host:80", "0.0.0.0:+1",
        "0.0.0.0:080"}},
      {fault_of_user, {"pi", "root", "_a", "Jo.n-1"}, {"", "-a", "a b", "a;b", "1a"}},
      {fault_of_volume_name,
       {"web", "a_b-1"},
       {"", "-web", "a/b", "a b", "brick", "all", "volume", longer}},
      {fault_of_device,
       {"/dev/sda", "/dev/disk/by-id/usb-x:0"},
       {"", "sda", "/dev/", "/dev/../etc", "/dev/a b"}},
      {fault_of_folder,
       {"/srv/brick", "/tmpfiles", "/srv/run"},
       {"/tmp", "/tmp/brick", "/run/x", "", "/", "srv", "/srv/", "/srv/../etc", "/a//b", "/a b",
        "/a$b"}}};
  for (const Case& one : cases) {
    for (const std::string_view text : one.good) EXPECT_EQ(one.rule(text), "") << text;
    for (const std::string_view text : one.bad) EXPECT_NE(one.rule(text), "") << text;
  }
}

TEST(Rules, TimeZonesAreThoseOfTheMachine) {
  EXPECT_EQ(fault_of_timezone("Europe/Berlin", "/usr/share/zoneinfo"), "");
  EXPECT_EQ(fault_of_timezone("Etc/UTC", "/usr/share/zoneinfo"), "");
  EXPECT_NE(fault_of_timezone("Europe", "/usr/share/zoneinfo"), "");
  EXPECT_NE(fault_of_timezone("", "/usr/share/zoneinfo"), "");
  EXPECT_NE(fault_of_timezone("../../etc/passwd", "/usr/share/zoneinfo"), "");
}

TEST(Rules, WithoutTablesEveryPlausibleTimeZoneIsGood) {
  EXPECT_EQ(fault_of_timezone("Mars/Olympus", "/nowhere"), "");
  EXPECT_NE(fault_of_timezone("../passwd", "/nowhere"), "");
}

}  // namespace
}  // namespace bramble
