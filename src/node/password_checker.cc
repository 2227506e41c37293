// SPDX-License-Identifier: Apache-2.0
#include "node/password_checker.hh"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/result.hh"
#include "http/field.hh"

namespace bramble {
namespace {

const std::string kNobodysHash = "*";  // no password has it

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// RFC 4648 §4; the padding may lack.
std::optional<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string all;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U | static_cast<unsigned>(value)) & 0xffffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    all += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
  }
  return all;
}

const std::string& hash_of(const SiteAuth& auth, const std::string& user) {
  for (const NamedText& known : auth.users)
    if (known.name == user) return known.text;
  return kNobodysHash;
}

}  // namespace

std::optional<Credentials> parse_basic(std::string_view value) {
  constexpr std::string_view kScheme = "basic ";
  if (!http::equals_lower(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  value.remove_prefix(std::min(value.find_first_not_of(' ', kScheme.size()), value.size()));
  const std::optional<std::string> text = decode_base64(value);
  if (!text || text->find('\0') != std::string::npos) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{.user = text->substr(0, colon), .password = text->substr(colon + 1)};
}

std::string challenge(const SiteAuth& auth) {
  return "WWW-Authenticate: Basic realm=\"" + auth.realm + "\", charset=\"UTF-8\"\r\n";
}

bool password_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KB
  const char* const made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  if (made == nullptr) return false;
  const std::string_view again(made);
  return again.size() == hash.size() && CRYPTO_memcmp(again.data(), hash.data(), hash.size()) == 0;
}

PasswordChecker::PasswordChecker() : pool_({.threads = kThreads, .queue_max = kWaitingMax}) {
  BRAMBLE_CHECK(RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1);
}

PasswordChecker::~PasswordChecker() = default;

bool PasswordChecker::remembers(const SiteAuth& auth, const Credentials& credentials,
                                Monotonic now) {
  const Digest digest = digest_of(hash_of(auth, credentials.user), credentials);
  const std::lock_guard lock(mutex_);
  return remembers(digest, now);
}

bool PasswordChecker::remembers(const Digest& digest, Monotonic now) {
  const auto found = remembered_.find(digest);
  if (found == remembered_.end() || now >= found->second) return false;
  found->second = std::max(found->second, now + kMemory);
  return true;
}

bool PasswordChecker::try_check(const SiteAuth& auth, const Credentials& credentials, Monotonic now,
                                std::function<void(bool)> done) {
  const std::string& hash = hash_of(auth, credentials.user);
  const Digest digest = digest_of(hash, credentials);
  const std::lock_guard lock(mutex_);
  if (const auto same = checking_.find(digest); same != checking_.end()) {
    if (joined_ == kJoinedMax) return false;
    ++joined_;
    same->second.push_back(std::move(done));
    return true;
  }
  if (const auto of_one = waiting_.find(hash);
      of_one != waiting_.end() && of_one->second == kWaitingOfOneMax)
    return false;
  Check check{.digest = digest,
              .password = credentials.password,
              .hash = hash,
              .cost = hash == kNobodysHash && !auth.users.empty() ? auth.users.front().text : hash,
              .asked = now};
  if (!pool_.try_submit([this, check = std::move(check)] { run(check); })) return false;
  ++waiting_[hash];
  checking_[digest].push_back(std::move(done));
  return true;
}

// On a thread of the pool's.
void PasswordChecker::run(const Check& check) {
  std::unique_lock lock(mutex_);
  bool good = remembers(check.digest, check.asked);  // another's check ended just before this began
  if (!good) {
    lock.unlock();
    good = password_matches(check.password, check.cost) && check.hash != kNobodysHash;
    lock.lock();
    if (good) remember(check.digest, check.asked);
  }
  if (const auto of_one = waiting_.find(check.hash); --of_one->second == 0) waiting_.erase(of_one);
  const auto waited = std::move(checking_.extract(check.digest).mapped());
  joined_ -= waited.size() - 1;
  lock.unlock();
  for (const std::function<void(bool)>& done : waited) done(good);
}

// Over the hash, too: a changed password is not remembered.
PasswordChecker::Digest PasswordChecker::digest_of(const std::string& hash,
                                                   const Credentials& credentials) const {
  const std::string text = hash + '\0' + credentials.user + '\0' + credentials.password;
  Digest digest{};
  unsigned bytes = 0;
  ::HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &bytes);
  return digest;
}

// Locked.
void PasswordChecker::remember(const Digest& digest, Monotonic now) {
  if (remembered_.size() >= kRememberedMax)
    std::erase_if(remembered_, [now](const auto& entry) { return entry.second <= now; });
  if (remembered_.size() >= kRememberedMax) remembered_.erase(remembered_.begin());
  remembered_[digest] = now + kMemory;
}

}  // namespace bramble
