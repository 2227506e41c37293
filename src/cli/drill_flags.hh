// SPDX-License-Identifier: Apache-2.0
// What `bramble drill` can be told.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/lab.hh"

namespace bramble::cli {

struct DrillFlags {
  std::string fault;  // "": nothing breaks
  std::vector<std::string> hosts;
  std::string lab = lab::kUsualLab;
  std::string url;   // "": the lab's site
  std::string host;  // "": that of the URL, or none that a lab's file would name
  unsigned load = 50;
  std::string path = "/";
  int downloads = 0;
  std::string file;
  unsigned rate = 0;
  unsigned seconds = 20;
  unsigned times = 0;  // 0: as often as there are hosts, once at least
  bool aim = false;    // at each download, rather than by time
  unsigned count = 0;  // of downloads, instead of the time; 0: any number
  std::optional<std::uint64_t> seed;
  bool json = false;
};

void describe_drill(CLI::App& command, DrillFlags& flags);  // which outlive the parsing

// HOST[:PORT] of "http://HOST[:PORT]/", whatever that is.
std::string door_in(const std::string& url);

// What does not go together, and what to do; "" where all does.
std::string contradiction(const DrillFlags& flags);

}  // namespace bramble::cli
