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

// bcrypt at cost 10, as `htpasswd -B` and PHP make it: no password has it.
const std::string kNobodysHash = "$2b$10$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu";

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
  const Digest digest = digest_of(auth, credentials);
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(digest);
  return found != remembered_.end() && now < found->second;
}

bool PasswordChecker::try_check(const SiteAuth& auth, const Credentials& credentials, Monotonic now,
                                std::function<void(bool)> done) {
  return pool_.try_submit([this, &auth, credentials, now, done = std::move(done)] {
    const std::string& hash = hash_of(auth, credentials.user);
    const bool good = password_matches(credentials.password, hash) && &hash != &kNobodysHash;
    if (good) remember(digest_of(auth, credentials), now);
    done(good);
  });
}

// Over the hash, too: a changed password is not remembered.
PasswordChecker::Digest PasswordChecker::digest_of(const SiteAuth& auth,
                                                   const Credentials& credentials) const {
  const std::string text =
      hash_of(auth, credentials.user) + '\0' + credentials.user + '\0' + credentials.password;
  Digest digest{};
  unsigned bytes = 0;
  ::HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &bytes);
  return digest;
}

void PasswordChecker::remember(const Digest& digest, Monotonic now) {
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kRememberedMax)
    std::erase_if(remembered_, [now](const auto& entry) { return entry.second <= now; });
  if (remembered_.size() >= kRememberedMax) remembered_.erase(remembered_.begin());
  remembered_[digest] = now + kMemory;
}

}  // namespace bramble
