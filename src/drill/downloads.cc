// SPDX-License-Identifier: Apache-2.0
#include "drill/downloads.hh"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "drill/fetch.hh"

namespace bramble::drill {
namespace {

constexpr std::chrono::milliseconds kPauseAfterFault{100};

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string end() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned bytes = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &bytes);
    return {reinterpret_cast<const char*>(digest.data()), bytes};
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free};
};

Fetched fetch_digest(const DownloadsOptions& options, std::uint64_t bytes_a_second,
                     std::string& digest) {
  Sha256 sum;
  const Fetched got =
      fetch({.address = options.address,
             .host = options.host,
             .path = options.path,
             .bytes_a_second = bytes_a_second,
             .look = [&](std::uint64_t, std::string_view bytes) { sum.add(bytes); }});
  digest = sum.end();
  return got;
}

}  // namespace

Result<std::unique_ptr<Downloads>> Downloads::begin(DownloadsOptions options) {
  std::string digest;
  const Fetched got = fetch_digest(options, 0, digest);
  if (!got.fault.empty()) return failure("download " + options.path + ": " + got.fault);
  return std::unique_ptr<Downloads>(new Downloads(std::move(options), std::move(digest)));
}

Downloads::Downloads(DownloadsOptions options, std::string digest)
    : options_(std::move(options)),
      digest_(std::move(digest)),
      reports_(static_cast<std::size_t>(options_.visitors)) {
  for (int i = 0; i < options_.visitors; ++i) threads_.emplace_back([this, i] { visit(i); });
}

Downloads::~Downloads() { (void)stop(); }

void Downloads::visit(int which) {
  DownloadsReport& report = reports_[static_cast<std::size_t>(which)];
  while (!over_) {
    std::string digest;
    const Fetched got = fetch_digest(options_, options_.bytes_a_second, digest);
    report.longest_silence = std::max(report.longest_silence, got.longest_silence);
    if (got.fault == kInterrupted) return;
    ++report.downloads;
    report.bytes += got.bytes;
    if (!got.fault.empty()) {
      ++report.failed[got.fault];
      std::this_thread::sleep_for(kPauseAfterFault);
    } else if (digest != digest_) {
      ++report.others;
    }
  }
}

DownloadsReport Downloads::stop() {
  over_ = true;
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  DownloadsReport all;
  for (const DownloadsReport& one : reports_) {
    all.downloads += one.downloads;
    all.bytes += one.bytes;
    all.others += one.others;
    add(all.failed, one.failed);
    all.longest_silence = std::max(all.longest_silence, one.longest_silence);
  }
  return all;
}

}  // namespace bramble::drill
