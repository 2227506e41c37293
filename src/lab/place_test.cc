// SPDX-License-Identifier: Apache-2.0
#include "lab/place.hh"

#include <gtest/gtest.h>

namespace bramble::lab {
namespace {

TEST(Place, RefusesNamesThatWouldNotMakePathsAndHostNames) {
  for (const char* bad : {"", "-a", "a-", "A", "a b", "a/b", "..", "abcdefghijklmnopq", "ä"}) {
    const Result<Place> place = Place::of(bad);
    ASSERT_FALSE(place.ok()) << bad;
    EXPECT_EQ(place.error().what, "\"" + std::string(bad) +
                                      "\" cannot name a lab: use 1 to 16 of a-z, 0-9 and inner "
                                      "dashes");
  }
  for (const char* good : {"a", "lab", "my-lab-2", "abcdefghijklmnop"})
    EXPECT_TRUE(Place::of(good).ok()) << good;
}

TEST(Place, NamesItselfInWhatItTellsToDo) {
  EXPECT_EQ(Place::of("lab").value().command("up"), "bramble lab up");
  EXPECT_EQ(Place::of("test").value().is_not_up(),
            "the lab \"test\" is not up: start it with bramble lab --name test up");
}

TEST(Place, LabsShareNothing) {
  const Place one = Place::of("one").value();
  const Place two = Place::of("two").value();
  EXPECT_NE(one.folder(), two.folder());
  EXPECT_NE(one.netns(kSwitch), two.netns(kSwitch));
  EXPECT_NE(one.lock_file(), two.lock_file());
  EXPECT_NE(one.loopback(), two.loopback());
}

TEST(Place, LoopbackIsALoopbackAddressAndStable) {
  EXPECT_TRUE(Place::of("lab").value().loopback().starts_with("127.77."));
  EXPECT_EQ(Place::of("lab").value().loopback(), Place::of("lab").value().loopback());
}

TEST(Place, LabelsFitAHostName) {
  constexpr std::size_t kMachineNameMax = 64;
  const Place longest = Place::of("abcdefghijklmnop").value();
  for (const LabHost& host : hosts()) EXPECT_LE(longest.label(host.name).size(), kMachineNameMax);
}

}  // namespace
}  // namespace bramble::lab
