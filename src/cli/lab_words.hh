// SPDX-License-Identifier: Apache-2.0
// What `bramble lab` and `bramble drill` say alike.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/terminal.hh"
#include "base/text.hh"
#include "lab/narrator.hh"
#include "lab/topology.hh"

namespace bramble::cli {

// Progress is overwritten where stderr is a terminal, and left out elsewhere.
class StderrNarrator final : public lab::Narrator {
 public:
  ~StderrNarrator() override { wipe(); }
  void say(std::string_view line) override {
    wipe();
    (void)std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }
  void murmur(std::string_view progress) override {
    if (!live_) return;
    const std::size_t width = terminal_columns(STDERR_FILENO) - 1;
    const std::string shown = "  " + std::string(progress.substr(0, width < 3 ? 0 : width - 2));
    (void)std::fprintf(stderr, "\r\x1b[K%s", shown.c_str());
    (void)std::fflush(stderr);
    murmured_ = true;
  }

 private:
  void wipe() {
    if (murmured_) (void)std::fputs("\r\x1b[K", stderr);
    murmured_ = false;
  }
  bool live_ = can_be_redrawn(STDERR_FILENO);
  bool murmured_ = false;
};

inline Error no_such_host(const std::string& name) {
  std::vector<std::string> names;
  for (const lab::LabHost& host : lab::hosts()) names.push_back(host.name);
  const std::string what =
      name.empty() ? "a HOST is needed" : "\"" + name + "\" is not a host of the lab";
  return failure(what + ": there are " + join(names, ", "));
}

}  // namespace bramble::cli
