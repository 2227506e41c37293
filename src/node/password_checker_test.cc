// SPDX-License-Identifier: Apache-2.0
#include "node/password_checker.hh"

#include <crypt.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
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

  // Both threads of the checker stay at work until free_threads().
  void hold_threads() {
    const std::shared_future<void> freed = freed_.get_future().share();
    for (const char* user : {"held", "held too"}) {
      auth.users.push_back({user, auth.users[0].text});
      std::promise<void> begun;
      ASSERT_TRUE(checker.try_check(auth, {user, "secret"}, now, [&begun, freed](bool) {
        begun.set_value();
        freed.wait();
      }));
      begun.get_future().wait();
    }
  }
  void free_threads() { freed_.set_value(); }

  std::promise<void> freed_;
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
  EXPECT_FALSE(checker.remembers(auth, good, now + std::chrono::minutes(4 + 5)));
  EXPECT_FALSE(checker.remembers(auth, {"alice", "wrong"}, now));
  EXPECT_FALSE(checker.remembers(auth, {"bob", "secret"}, now));
  auth.users[0].text = made("$2b$04$bbcdefghijklmnopqrstuu");
  EXPECT_FALSE(checker.remembers(auth, good, now)) << "the password was changed";
}

TEST_F(PasswordCheckerTest, WhatIsUsedIsRememberedOn) {
  const Credentials good{"alice", "secret"};
  check("alice", "secret");
  for (int i = 1; i < 10; ++i)
    EXPECT_TRUE(checker.remembers(auth, good, now + i * std::chrono::minutes(4)));
  EXPECT_FALSE(checker.remembers(auth, good, now + std::chrono::minutes(36 + 5)));
}

TEST_F(PasswordCheckerTest, TheSameIsCheckedOnceHoweverManyAsk) {
  hold_threads();
  std::promise<void> all;
  std::atomic<int> good = 0, bad = 0;
  constexpr int kAsked = 200;  // more than may wait for a check of their own
  for (int i = 0; i < kAsked; ++i)
    ASSERT_TRUE(
        checker.try_check(auth, {"alice", i % 2 == 0 ? "secret" : "wrong"}, now, [&](bool is) {
          ++(is ? good : bad);
          if (good + bad == kAsked) all.set_value();
        }));
  free_threads();
  all.get_future().wait();
  EXPECT_EQ(good, kAsked / 2);
  EXPECT_EQ(bad, kAsked / 2);
}

TEST_F(PasswordCheckerTest, WhoGuessesAtSomeLeavesPlacesToTheRest) {
  hold_threads();
  const auto guess = [&](const std::string& user) {
    int taken = 0;
    while (taken < 100 && checker.try_check(auth, {user, std::to_string(taken)}, now, [](bool) {}))
      ++taken;
    return taken;
  };
  EXPECT_EQ(guess("nobody"), 8);
  EXPECT_EQ(guess("another"), 0) << "who is unknown, too";
  EXPECT_EQ(guess("held"), 8) << "of the same hash as alice";
  EXPECT_EQ(guess("alice"), 0);
  auth.users.push_back({"bob", made("$2b$04$bbcdefghijklmnopqrstuu")});
  std::promise<bool> said;
  EXPECT_TRUE(
      checker.try_check(auth, {"bob", "secret"}, now, [&](bool is) { said.set_value(is); }));
  free_threads();
  EXPECT_TRUE(said.get_future().get());
  EXPECT_FALSE(check("nobody", "100")) << "there are places again";
}

TEST_F(PasswordCheckerTest, AnUnknownUserCostsAsMuchAsAWrongPassword) {
  auth.users[0].text = made("$2b$09$abcdefghijklmnopqrstuu");
  EXPECT_FALSE(check("bob", "secret")) << "whose hash is not that of his name";
  const auto time_of = [&](const char* user) {
    const auto cpu = [] {  // of the checker's thread, too: whatever else the machine does
      timespec spent = {};
      ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
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
