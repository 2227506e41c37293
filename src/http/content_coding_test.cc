// SPDX-License-Identifier: Apache-2.0
#include "http/content_coding.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bramble::http {
namespace {

std::string order(const std::vector<std::string>& lines) {
  std::vector<Field> fields;
  for (const std::string& line : lines)
    fields.push_back({"Accept-Encoding", line, FieldName::kAcceptEncoding});
  std::string all;
  const AcceptedCodings accepted(fields);
  for (const ContentCoding coding : accepted.in_order()) all += std::string(name_of(coding)) + " ";
  return all;
}

TEST(AcceptedCodings, AreOrderedByWeight) {
  EXPECT_EQ(order({}), "");
  EXPECT_EQ(order({""}), "");
  EXPECT_EQ(order({"gzip"}), "gzip ");
  EXPECT_EQ(order({"GZip"}), "gzip ");
  EXPECT_EQ(order({"x-gzip"}), "gzip ");
  EXPECT_EQ(order({"gzip, deflate, br, zstd"}), "br zstd gzip ");
  EXPECT_EQ(order({"gzip", "br"}), "br gzip ");
  EXPECT_EQ(order({"br;q=0.5, gzip"}), "gzip br ");
  EXPECT_EQ(order({"br ; q=0.501 , gzip;q=0.5"}), "br gzip ");
  EXPECT_EQ(order({"gzip;q=1.000, br;q=0.999"}), "gzip br ");
  EXPECT_EQ(order({"*"}), "br zstd gzip ");
  EXPECT_EQ(order({"*;q=0.1, zstd;q=0"}), "br gzip ");
  EXPECT_EQ(order({"gzip;q=0"}), "");
  EXPECT_EQ(order({"gzip;Q=0.2"}), "gzip ");
}

TEST(AcceptedCodings, WhoPrefersItAsItIsGetsItSo) {
  EXPECT_EQ(order({"identity"}), "");
  EXPECT_EQ(order({"gzip;q=0.5, identity"}), "");
  EXPECT_EQ(order({"gzip;q=0.5, br, identity;q=0.7"}), "br ");
  EXPECT_EQ(order({"gzip, identity;q=0"}), "gzip ");
  EXPECT_EQ(order({"identity;q=0"}), "");
}

TEST(AcceptedCodings, WhatIsNoWeightForbids) {
  for (const char* element :
       {"gzip;q=2", "gzip;q=1.1", "gzip;q=0.1234", "gzip;q=a", "gzip;q=", "gzip;q=-1", "gzip;x=1",
        "gzip;q=1.0001", "gzip;q=.5", "gzip;", "gzi", "gzip2"})
    EXPECT_EQ(order({element}), "") << element;
}

}  // namespace
}  // namespace bramble::http
