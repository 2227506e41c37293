// SPDX-License-Identifier: Apache-2.0
#include "drill/visitors.hh"

#include <algorithm>
#include <memory>
#include <utility>

#include "drill/connection.hh"

namespace bramble::drill {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::string_view kNumber = "{n}";
constexpr std::chrono::seconds kUnaskedFor{1};  // less may be this machine's own lateness

// More than an hour is an hour and some.
std::uint32_t told(microseconds time) {
  return static_cast<std::uint32_t>(std::min<microseconds::rep>(time.count(), UINT32_MAX));
}

}  // namespace

microseconds VisitorReport::percentile(double percent) const {
  if (microseconds.empty()) return std::chrono::microseconds(0);
  const auto at =
      static_cast<std::size_t>(percent / 100 * static_cast<double>(microseconds.size()));
  return std::chrono::microseconds(microseconds[std::min(at, microseconds.size() - 1)]);
}

Visitors::Visitors(VisitorOptions options)
    : options_(std::move(options)), reports_(static_cast<std::size_t>(options_.connections)) {
  for (int i = 0; i < options_.connections; ++i) threads_.emplace_back([this, i] { visit(i); });
}

Visitors::~Visitors() { (void)stop(); }

bool Visitors::next_path(std::string& path) {
  if (over_) return false;
  if (!options_.once.empty()) {
    const std::size_t at = next_++;
    if (at < options_.once.size()) path = options_.once[at];
    return at < options_.once.size();
  }
  path = options_.path;
  const std::size_t number = path.find(kNumber);
  if (number != path.npos) path.replace(number, kNumber.size(), std::to_string(next_++));
  return true;
}

void Visitors::visit(int which) {
  VisitorReport& report = reports_[static_cast<std::size_t>(which)];
  const auto period =
      options_.rate == 0
          ? Clock::duration(0)
          : Clock::duration(std::chrono::seconds(options_.connections)) / options_.rate;
  auto due = Clock::now() + period * which / options_.connections;
  const auto connection = std::make_unique<Connection>();
  const auto ask = [&](const std::string& request) {
    for (;;) {
      std::string fault;
      if (!connection->is_open()) fault = connection->open(options_.address);
      bool untouched = false;
      const bool kept = connection->used();
      if (fault.empty())
        fault = connection->ask(
            request, [&](std::string_view bytes) { report.bytes += bytes.size(); }, untouched);
      if (!untouched || !kept) return fault;
      ++report.asked_anew;
    }
  };
  for (std::string path; next_path(path);) {
    if (options_.rate == 0)
      due = Clock::now();
    else
      std::this_thread::sleep_until(due);
    const std::string fault = ask(request_for(options_.host, path));
    if (fault == kInterrupted) return;
    ++report.requests;
    if (!fault.empty()) ++report.failed[fault];
    const auto took = std::chrono::duration_cast<microseconds>(Clock::now() - due);
    report.microseconds.push_back(told(took));
    ++answered_;
    due += period;
  }
  if (options_.rate != 0 && options_.once.empty()) note_unasked(report, due, period);
}

void Visitors::note_unasked(VisitorReport& report, Clock::time_point due,
                            Clock::duration period) const {
  const Clock::time_point stopped = stopped_;
  for (; due + kUnaskedFor < stopped; due += period) {
    ++report.requests;
    ++report.failed["nobody was free to ask"];
    const auto late = std::chrono::duration_cast<microseconds>(stopped - due);
    report.microseconds.push_back(told(late));
  }
}

VisitorReport Visitors::stop() {
  if (!over_) stopped_ = Clock::now();
  over_ = true;
  return finish();
}

VisitorReport Visitors::finish() {
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  VisitorReport all;
  for (const VisitorReport& one : reports_) {
    all.requests += one.requests;
    all.bytes += one.bytes;
    all.asked_anew += one.asked_anew;
    add(all.failed, one.failed);
    all.microseconds.insert(all.microseconds.end(), one.microseconds.begin(),
                            one.microseconds.end());
  }
  std::ranges::sort(all.microseconds);
  return all;
}

}  // namespace bramble::drill
