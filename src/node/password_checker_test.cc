// SPDX-License-Identifier: Apache-2.0
#include "node/password_checker.hh"

#include <crypt.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <string>

namespace bramble {
namespace {

// The hash of "secret"; the setting asks for little work, so that the tests are fast.
std::string made(const char* setting) {
  crypt_data data{};
  return ::crypt_r("secret", setting, &data);
}

std::optional<Credentials> basic(const char* value) { return parse_basic(value); }

TEST(BasicCredentials, AreDecoded) {
  const std::optional<Credentials> found = basic("Basic YWxpY2U6c2U6Y3JldA==");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "alice");
  EXPECT_EQ(found->password, "se:cret") << "the first colon counts";
  EXPECT_EQ(basic("bAsIc   YTpi")->password, "b");
  EXPECT_EQ(basic("Basic YTo=")->password, "");
  EXPECT_EQ(basic("Basic YTo")->user, "a") << "without padding";
}

TEST(BasicCredentials, WhatIsNoneIsNone) {
  for (const char* value : {"", "Basic", "Basic ", "Bearer YTpi", "Basic YWI=", "Basic Y!pi",
                            "Basic AGE6Yg==", "BasicYTpi"})
    EXPECT_FALSE(basic(value)) << value;
}

class PasswordCheckerTest : public ::testing::Test {
 protected:
  PasswordCheckerTest() { auth.users = {{"alice", made("$2b$04$abcdefghijklmnopqrstuu")}}; }

  bool check(const std::string& user, const std::string& password) {
    std::promise<bool> said;
    EXPECT_TRUE(
        checker.try_check(auth, {user, password}, now, [&](bool good) { said.set_value(good); }));
    return said.get_future().get();
  }

  SiteAuth auth{.glob = "**", .realm = "the archive"};
  Monotonic now{};
  PasswordChecker checker;
};

TEST_F(PasswordCheckerTest, ThePasswordOfAUserIsGoodAndNoOther) {
  EXPECT_TRUE(check("alice", "secret"));
  EXPECT_FALSE(check("alice", "Secret"));
  EXPECT_FALSE(check("alice", ""));
  EXPECT_FALSE(check("bob", "secret"));
  EXPECT_FALSE(check("", ""));
}

TEST_F(PasswordCheckerTest, EveryKindOfHashIsKnown) {
  for (const char* setting : {"$2a$04$abcdefghijklmnopqrstuu", "$2y$04$abcdefghijklmnopqrstuu",
                              "$5$rounds=1000$salt", "$6$rounds=1000$salt", "$y$j75$abcdefgh"}) {
    const std::string hash = made(setting);
    ASSERT_TRUE(hash.starts_with(setting)) << setting << " " << hash;
    EXPECT_TRUE(password_matches("secret", hash)) << setting;
    EXPECT_FALSE(password_matches("secrets", hash)) << setting;
  }
  EXPECT_FALSE(password_matches("secret", "no hash"));
  EXPECT_FALSE(password_matches("*0", "*0"));
}

TEST_F(PasswordCheckerTest, WhatWasGoodIsRememberedForAWhile) {
  const Credentials good{"alice", "secret"};
  EXPECT_FALSE(checker.remembers(auth, good, now));
  check("alice", "secret");
  check("alice", "wrong");
  EXPECT_TRUE(checker.remembers(auth, good, now));
  EXPECT_TRUE(checker.remembers(auth, good, now + std::chrono::minutes(4)));
  EXPECT_FALSE(checker.remembers(auth, good, now + std::chrono::minutes(5)));
  EXPECT_FALSE(checker.remembers(auth, {"alice", "wrong"}, now));
  EXPECT_FALSE(checker.remembers(auth, {"bob", "secret"}, now));
  auth.users[0].text = made("$2b$04$bbcdefghijklmnopqrstuu");
  EXPECT_FALSE(checker.remembers(auth, good, now)) << "the password was changed";
}

TEST_F(PasswordCheckerTest, AnUnknownUserCostsAsMuchAsAWrongPassword) {
  auth.users[0].text = made("$2b$10$abcdefghijklmnopqrstuu");  // the cost of the one for nobody
  const auto time_of = [&](const char* user) {
    const auto cpu = [] {  // of this thread: whatever else the machine does
      timespec spent = {};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
      return static_cast<double>(spent.tv_sec) + 1e-9 * static_cast<double>(spent.tv_nsec);
    };
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const double begin = cpu();
      check(user, "wrong");
      best = std::min(best, cpu() - begin);
    }
    return best;
  };
  const double known = time_of("alice"), unknown = time_of("bob");
  EXPECT_GT(unknown, known / 2);
  EXPECT_LT(unknown, known * 2);
}

TEST_F(PasswordCheckerTest, TheChallengeNamesTheRealm) {
  EXPECT_EQ(challenge(auth),
            "WWW-Authenticate: Basic realm=\"the archive\", charset=\"UTF-8\"\r\n");
}

}  // namespace
}  // namespace bramble
