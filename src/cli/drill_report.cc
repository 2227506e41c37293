// SPDX-License-Identifier: Apache-2.0
#include "cli/drill_report.hh"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.hh"
#include "drill/failures.hh"

namespace bramble::cli {
namespace {

std::string why(const drill::Failures& failed) {
  std::string text;
  for (const auto& [what, times] : failed)
    text += fmt::format("{}{} × {}", text.empty() ? " (" : ", ", times, what);
  return text.empty() ? "" : text + ")";
}

double in_milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

std::string elsewhere(const WentOn& went_on) {
  return fmt::format("{} resumed elsewhere, {} striped", went_on.resumes, went_on.stripes);
}

nlohmann::json downloads_json(const DrillFlags& flags, const Seen& seen) {
  const drill::DownloadsReport& downloads = seen.downloads;
  nlohmann::json all = {{"all", downloads.downloads},
                        {"whole", downloads.whole()},
                        {"failed", downloads.failures()},
                        {"why", downloads.failed},
                        {"other_bytes", downloads.others},
                        {"bytes", downloads.bytes},
                        {"longest_silence_ms", in_milliseconds(downloads.silence(100))},
                        {"p99_silence_ms", in_milliseconds(downloads.silence(99))},
                        {"median_silence_ms", in_milliseconds(downloads.silence(50))}};
  if (flags.aim) all["hit"] = downloads.hit;
  if (seen.went_on) {
    all["resumed"] = seen.went_on->resumes;
    all["striped"] = seen.went_on->stripes;
  }
  return all;
}

}  // namespace

void print_drill(const DrillFlags& flags, const Seen& seen) {
  if (flags.seed) fmt::print("seed       {}\n", *flags.seed);
  if (!flags.hosts.empty()) fmt::print("faults     {} × {}\n", seen.faults, flags.fault);
  const drill::VisitorReport& requests = seen.requests;
  if (flags.load > 0)
    fmt::print("requests   {}, {} failed{}; median {:.1f} ms, p99 {:.1f} ms, longest {:.0f} ms\n",
               requests.requests, requests.failures(), why(requests.failed),
               in_milliseconds(requests.percentile(50)), in_milliseconds(requests.percentile(99)),
               in_milliseconds(requests.percentile(100)));
  if (flags.downloads == 0) return;
  const drill::DownloadsReport& downloads = seen.downloads;
  fmt::print("downloads  {}, {} whole, {} failed{}, {} with other bytes; {}{}\n",
             downloads.downloads, downloads.whole(), downloads.failures(), why(downloads.failed),
             downloads.others, human_bytes(downloads.bytes),
             seen.went_on ? ", " + elsewhere(*seen.went_on) : "");
  if (flags.aim) fmt::print("hit        {}: their server broke while they ran\n", downloads.hit);
  fmt::print(
      "silence    longest {:.0f} ms; of each download's longest the median {:.0f} ms, p99 {:.0f} "
      "ms\n",
      in_milliseconds(downloads.silence(100)), in_milliseconds(downloads.silence(50)),
      in_milliseconds(downloads.silence(99)));
}

void print_drill_json(const DrillFlags& flags, const Seen& seen) {
  const drill::VisitorReport& requests = seen.requests;
  nlohmann::json all = {{"fault", flags.fault},
                        {"hosts", flags.hosts},
                        {"times", seen.faults},
                        {"requests",
                         {{"all", requests.requests},
                          {"failed", requests.failures()},
                          {"median_ms", in_milliseconds(requests.percentile(50))},
                          {"p99_ms", in_milliseconds(requests.percentile(99))},
                          {"longest_ms", in_milliseconds(requests.percentile(100))}}},
                        {"downloads", downloads_json(flags, seen)}};
  if (flags.count == 0) all["seconds"] = flags.seconds;
  if (flags.seed) all["seed"] = *flags.seed;
  (void)std::puts(all.dump(2).c_str());
}

}  // namespace bramble::cli
