// SPDX-License-Identifier: Apache-2.0
// Basic authentication (RFC 7617) against hashes of crypt(5), which take some tenths of a second
// each on purpose:
//
//     remembers? ── yes ─► let in, on the loop: a browser sends it with every request
//         └ no ─► the same is being checked? ─ yes ─► its outcome is this one's, too
//                   └ no ─► check, on a thread of the checker's own ─► done(good), and remembered
//                             └ too many wait, in all or for that user: refused
//
// Its threads are few and its own, so that who tries passwords hinders no one who is let in already
// or needs none. Of the places to wait in, a user has a quarter, and all unknown ones together
// another: who guesses at some leaves places to the rest. An unknown user costs as much as a wrong
// password. What is remembered is a keyed digest, not the password, until five minutes after it was
// used last.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hh"
#include "cluster/site.hh"
#include "volume/worker_pool.hh"

namespace bramble {

struct Credentials {
  std::string user;
  std::string password;
};

// Of the value of Authorization; nothing where it is of another scheme, or none.
std::optional<Credentials> parse_basic(std::string_view value);

// "WWW-Authenticate: Basic …\r\n".
std::string challenge(const SiteAuth& auth);

// Whether the password has that hash. Slow; the comparison takes the same time wherever they
// differ.
bool password_matches(const std::string& password, const std::string& hash);

// Any thread, but for what is said.
class PasswordChecker {
 public:
  PasswordChecker();
  ~PasswordChecker();  // waits for a check under way
  PasswordChecker(const PasswordChecker&) = delete;
  PasswordChecker& operator=(const PasswordChecker&) = delete;

  // Whether these were found good, and were used, a short while ago: that counts as a use. Fast.
  bool remembers(const SiteAuth& auth, const Credentials& credentials, Monotonic now);

  // Calls done(good) on a thread of its own. False, and done is never called: too many wait.
  bool try_check(const SiteAuth& auth, const Credentials& credentials, Monotonic now,
                 std::function<void(bool)> done);

 private:
  using Digest = std::array<unsigned char, 32>;
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kWaitingMax = 32;
  static constexpr std::size_t kWaitingOfOneMax = kWaitingMax / 4;  // with those under way
  static constexpr std::size_t kJoinedMax = 4096;                   // who wait for another's check
  static constexpr std::size_t kRememberedMax = 1024;
  static constexpr std::chrono::minutes kMemory{5};

  struct Check {
    Digest digest{};
    std::string password;
    std::string hash;  // of the user; that of nobody
    std::string cost;  // the hash to compare with: for nobody another's, which costs as much
    Monotonic asked{};
  };

  Digest digest_of(const std::string& hash, const Credentials& credentials) const;
  bool remembers(const Digest& digest, Monotonic now);
  void remember(const Digest& digest, Monotonic now);
  void run(const Check& check);

  Digest key_;  // of this process
  std::mutex mutex_;
  std::map<Digest, Monotonic> remembered_;                             // until then
  std::map<Digest, std::vector<std::function<void(bool)>>> checking_;  // and who waits for it
  std::map<std::string, std::size_t> waiting_;                         // checks by their hash
  std::size_t joined_ = 0;
  WorkerPool pool_;
};

}  // namespace bramble
