// SPDX-License-Identifier: Apache-2.0
#include "node/brick_to_fill.hh"

#include <unistd.h>

#include "base/file.hh"
#include "base/log.hh"
#include "base/process.hh"
#include "base/text.hh"

namespace bramble {

// Of each brick's lines three count: "Brick PLACE", "Status: Connected" and
// "Total Number of entries: 0".
bool nothing_to_heal(const std::string& summary) {
  std::size_t bricks = 0, connected = 0, whole = 0;
  for (const std::string_view line : lines(summary)) {
    if (line.starts_with("Brick ")) ++bricks;
    if (trim(line) == "Status: Connected") ++connected;
    if (trim(line) == "Total Number of entries: 0") ++whole;
  }
  return bricks > 0 && connected == bricks && whole == bricks;
}

void end_brick_to_fill(const std::string& mark, const std::function<Result<std::string>()>& ask) {
  const Result<std::string> word = read_file(mark);
  if (!word.ok() || trim(*word) != "content") return;
  const Result<std::string> summary = ask();
  if (!summary.ok()) log::warning("whether the brick is filled: {}", summary.error().what);
  if (!summary.ok() || !nothing_to_heal(*summary)) return;
  if (::unlink(mark.c_str()) == 0) log::info("the brick is filled: it has all files again");
}

std::function<Result<std::string>()> heal_summary(const std::string& volume) {
  return [volume] {
    return run_ok(
        Command{.argv = {"gluster", "--mode=script", "volume", "heal", volume, "info", "summary"},
                .timeout = std::chrono::minutes(5)});
  };
}

}  // namespace bramble
