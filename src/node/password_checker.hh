// SPDX-License-Identifier: Apache-2.0
// Basic authentication (RFC 7617) against hashes of crypt(5), which take some tenths of a second
// each on purpose:
//
//     remembers? ── yes ─► let in, on the loop        a browser sends the password with every
//     request
//         └ no ─► check, on a thread of the checker's own ─► done(good), remembered if it was good
//                   └ too many wait: refused
//
// Its threads are few and its own, so that who tries passwords hinders no one who asks for files.
// An unknown user costs as much as a wrong password. What is remembered is a keyed digest, not the
// password, for five minutes.
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

  // Whether these were found good a short while ago. Fast.
  bool remembers(const SiteAuth& auth, const Credentials& credentials, Monotonic now);

  // Calls done(good) on a thread of its own. False, and done is never called: too many wait. `auth`
  // lives until then.
  bool try_check(const SiteAuth& auth, const Credentials& credentials, Monotonic now,
                 std::function<void(bool)> done);

 private:
  using Digest = std::array<unsigned char, 32>;
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kWaitingMax = 32;
  static constexpr std::size_t kRememberedMax = 1024;
  static constexpr std::chrono::minutes kMemory{5};

  Digest digest_of(const SiteAuth& auth, const Credentials& credentials) const;
  void remember(const Digest& digest, Monotonic now);

  Digest key_;  // of this process
  std::mutex mutex_;
  std::map<Digest, Monotonic> remembered_;  // until then
  WorkerPool pool_;
};

}  // namespace bramble
