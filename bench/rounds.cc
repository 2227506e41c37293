// SPDX-License-Identifier: Apache-2.0
#include "rounds.hh"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"

namespace bramble::bench {

Result<Sample> ask_by_wrk(const Contender& contender, const WrkRound& round) {
  std::vector<std::string> argv = {"taskset", "-c",  std::to_string(kLoadCore),
                                   "wrk",     "-t1", fmt::format("-c{}", round.connections),
                                   "-d1"};
  if (!round.script.empty()) argv.insert(argv.end(), {"-s", round.script});
  argv.push_back(fmt::format("http://127.0.0.1:{}{}", contender.port(), round.path));
  const auto before = contender.cpu();
  const std::string out = TRY(run_ok(argv));
  const auto spent = contender.cpu() - before;
  const std::size_t at = out.find(" requests in");
  if (at == std::string::npos || out.find("Non-2xx") != std::string::npos)
    return failure("wrk against " + contender.name() + ": " + out);
  const std::string_view counted = words(std::string_view(out).substr(0, at)).back();
  return Sample{.requests = static_cast<double>(parse_number(counted).value_or(1)),
                .took = std::chrono::seconds(1),
                .cpu = spent};
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

std::string spread(const std::vector<double>& all, int digits) {
  return fmt::format("{:.{}f} ({:.{}f}–{:.{}f})", median(all), digits,
                     *std::ranges::min_element(all), digits, *std::ranges::max_element(all),
                     digits);
}

std::string machine() {
  utsname kernel = {};
  ::uname(&kernel);
  std::string cpu = "unknown CPU";
  const Result<std::string> info = read_file("/proc/cpuinfo");
  if (info.ok())
    for (const std::string_view line : lines(*info))
      if (line.starts_with("model name")) cpu = trim(line.substr(line.find(':') + 1));
  return fmt::format("{}, Linux {}", cpu, kernel.release);
}

}  // namespace bramble::bench
