// SPDX-License-Identifier: Apache-2.0
#include "lab/mirror.hh"

#include <gtest/gtest.h>

namespace bramble::lab {
namespace {

TEST(Mirror, TakesTheMachinesOwnSourcesTheSuiteItselfFirst) {
  const auto sources = package_sources(
      "http://mirror/security/ bookworm-security main Debian\n"
      "http://mirror/debian/ bookworm main Debian\n"
      "http://mirror/debian/ bookworm contrib Debian\n"
      "http://mirror/debian/ bookworm main Debian\n"
      "http://mirror/debian/ bookworm-backports main Debian\n"
      "https://elsewhere/ bookworm main Somebody\n",
      "bookworm");
  const std::vector<PackageSource> expected = {{"http://mirror/debian/", "bookworm"},
                                               {"http://mirror/security/", "bookworm-security"}};
  EXPECT_EQ(sources, expected);
}

TEST(Mirror, UsesDebiansPublicOnesWhereTheMachineRunsAnotherRelease) {
  const auto sources = package_sources("http://mirror/debian/ trixie main Debian\n", "bookworm");
  ASSERT_EQ(sources.size(), 3U);
  EXPECT_EQ(sources[0], (PackageSource{"http://deb.debian.org/debian", "bookworm"}));
}

TEST(Mirror, WritesSourcesThatAreChecked) {
  EXPECT_EQ(sources_list({{"http://mirror/debian/", "bookworm"}}),
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
            "http://mirror/debian/ bookworm main\n");
}

}  // namespace
}  // namespace bramble::lab
