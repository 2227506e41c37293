// SPDX-License-Identifier: Apache-2.0
#include "drill/downloads.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

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

// UTC, as the balancer's log has it.
std::string time_of_day() {
  const auto now = std::chrono::system_clock::now();
  return fmt::format("{:%T}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace

std::chrono::microseconds DownloadsReport::silence(double percent) const {
  if (silences.empty()) return std::chrono::microseconds(0);
  const auto at = static_cast<std::size_t>(percent / 100 * static_cast<double>(silences.size()));
  return silences[std::min(at, silences.size() - 1)];
}

Result<std::unique_ptr<Downloads>> Downloads::begin(DownloadsOptions options) {
  Sha256 sum;
  const Fetched got = fetch({.address = options.address,
                             .host = options.host,
                             .path = options.path,
                             .look = [&](auto, std::string_view bytes) { sum.add(bytes); }});
  if (!got.fault.empty()) return failure("download " + options.path + ": " + got.fault);
  return std::unique_ptr<Downloads>(
      new Downloads(std::move(options), {.digest = sum.end(), .bytes = got.bytes}));
}

Downloads::Downloads(DownloadsOptions options, Original original)
    : options_(std::move(options)),
      original_(std::move(original)),
      random_(options_.seed),
      reports_(static_cast<std::size_t>(options_.visitors)) {
  for (std::size_t i = 0; i < reports_.size(); ++i) threads_.emplace_back([this, i] { visit(i); });
}

Downloads::~Downloads() { (void)stop(); }

bool Downloads::over() const { return options_.count > 0 && done_ >= options_.count; }

std::uint64_t Downloads::ended() const { return ended_; }

Downloads::Ticket Downloads::begin_one() {
  const std::lock_guard lock(mutex_);
  const bool enough = options_.aim != nullptr ? over() : begun_ == options_.count;
  if (stopped_ || (options_.count > 0 && enough)) return {};
  const std::uint64_t last = std::max<std::uint64_t>(original_.bytes, 2) - 1;  // some are missing
  return {.number = ++begun_, .byte = 1 + random_() % last};
}

Fetched Downloads::download(std::size_t which, std::uint64_t byte, std::string& digest) const {
  Sha256 sum;
  Fetch what = {.address = options_.address,
                .host = options_.host,
                .path = options_.path,
                .bytes_a_second = options_.bytes_a_second,
                .look = [&](auto, std::string_view bytes) { sum.add(bytes); }};
  if (Aim* const aim = options_.aim) {
    what.begun = [=](const std::string& server) { aim->begun(which, server); };
    what.trip_at = byte;
    what.trip = [=](const std::string&) { aim->byte_has_come(which); };
  }
  Fetched got = fetch(what);
  digest = sum.end();
  return got;
}

void Downloads::visit(std::size_t which) {
  DownloadsReport& report = reports_[which];
  for (;;) {
    const Ticket ticket = begin_one();
    if (ticket.number == 0) return;
    std::string digest;
    const Fetched got = download(which, ticket.byte, digest);
    const bool hit = options_.aim != nullptr && options_.aim->ended(which);
    if (got.fault == kInterrupted) return;
    const bool same = digest == original_.digest;
    count(got, same, report);
    report.hit += hit ? 1 : 0;
    if (hit || options_.aim == nullptr) ++done_;
    ++ended_;
    tell(ticket, got, same);
    if (!got.fault.empty()) std::this_thread::sleep_for(kPauseAfterFault);
  }
}

void Downloads::count(const Fetched& got, bool same, DownloadsReport& report) const {
  ++report.downloads;
  report.bytes += got.bytes;
  report.silences.push_back(got.longest_silence);
  if (!got.fault.empty())
    ++report.failed[got.fault];
  else if (!same)
    ++report.others;
}

void Downloads::tell(const Ticket& ticket, const Fetched& got, bool same) const {
  if (!options_.tell) return;
  std::string what = got.fault;
  if (what.empty() && !same) what = "other bytes";
  if (what.empty() && got.longest_silence < kSilenceWorthTelling) return;
  options_.tell(fmt::format("{} download {}: {}{}{} ms of silence before byte {}", time_of_day(),
                            ticket.number, what, what.empty() ? "" : "; ",
                            got.longest_silence.count() / 1000, got.silent_at));
}

DownloadsReport Downloads::stop() {
  stopped_ = true;
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  DownloadsReport all;
  for (const DownloadsReport& one : reports_) {
    all.downloads += one.downloads;
    all.bytes += one.bytes;
    all.others += one.others;
    all.hit += one.hit;
    add(all.failed, one.failed);
    all.silences.insert(all.silences.end(), one.silences.begin(), one.silences.end());
  }
  std::ranges::sort(all.silences);
  return all;
}

}  // namespace bramble::drill
