// SPDX-License-Identifier: Apache-2.0
#include "lab/requirements.hh"

#include <gtest/gtest.h>

namespace bramble::lab {
namespace {

TEST(Requirements, APackageThatLacksTwoProgramsIsNamedOnce) {
  const auto has = [](const std::string& program) {
    return program != "ip" && program != "tc" && program != "systemd-nspawn";
  };
  EXPECT_EQ(missing_packages(has), (std::vector<std::string>{"systemd-container", "iproute2"}));
}

TEST(Requirements, NothingIsMissingWhereAllIsThere) {
  EXPECT_TRUE(missing_packages([](const std::string&) { return true; }).empty());
}

}  // namespace
}  // namespace bramble::lab
