// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "volume/volume.hh"

namespace bramble {
namespace {

TEST(NothingBeside, KnowsWhatItLearnt) {
  const NothingBeside beside;
  EXPECT_FALSE(beside.knows("br"));
  beside.learn("br");
  beside.learn("br");
  beside.learn("zst");
  EXPECT_TRUE(beside.knows("br"));
  EXPECT_TRUE(beside.knows("zst"));
  EXPECT_FALSE(beside.knows("gz"));
  EXPECT_FALSE(beside.knows("b"));
}

TEST(NothingBeside, KnowsNothingOfWhatIsTooMuchOrTooLong) {
  const NothingBeside beside;
  for (const char* ending : {"", "brotli", "1", "2", "3", "four", "5"}) beside.learn(ending);
  for (const char* known : {"1", "2", "3", "four"}) EXPECT_TRUE(beside.knows(known)) << known;
  for (const char* unknown : {"", "brotli", "brot", "5"})
    EXPECT_FALSE(beside.knows(unknown)) << unknown;
}

}  // namespace
}  // namespace bramble
