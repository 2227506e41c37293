// SPDX-License-Identifier: Apache-2.0
#include "balance/descriptors.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

constexpr std::size_t kAnyNumber = 1'000'000;

TEST(Descriptors, OfFewHalfAreForClientsAndHalfForBackends) {
  EXPECT_EQ(share_descriptors(1024, kAnyNumber), (DescriptorShares{.clients = 384, .pipes = 24}));
  EXPECT_EQ(share_descriptors(100, kAnyNumber), (DescriptorShares{.clients = 25, .pipes = 1}));
}

TEST(Descriptors, OfManyMostAreForClients) {
  EXPECT_EQ(share_descriptors(20'000, kAnyNumber),
            (DescriptorShares{.clients = 11'552, .pipes = 512}));
}

TEST(Descriptors, WhatFewerClientsLeaveIsForOthers) {
  EXPECT_EQ(share_descriptors(20'000, 1'000), (DescriptorShares{.clients = 1'000, .pipes = 1'171}));
}

}  // namespace
}  // namespace bramble::balance
