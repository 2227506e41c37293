// SPDX-License-Identifier: Apache-2.0
// What `bramble balance` was told on the command line, and what the balancer is told by that.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "balance/options.hh"
#include "base/result.hh"

namespace bramble::cli {

struct BalanceFlags {
  std::vector<std::string> to;
  std::vector<std::string> backup;
  std::string file;
  std::string backends_file;

  std::string control;
  std::string user;
  bool reload = false;
  bool upgrade = false;

  std::vector<std::string> listen;
  std::vector<std::string> admin;
  std::size_t threads = 0;

  std::string policy;  // "": the file's, or the default one
  std::string hash_by;
  std::string sticky;
  bool resume = false;  // or the file's, unless no_resume
  bool no_resume = false;
  bool stripe = false;  // likewise
  bool no_stripe = false;
  unsigned stripe_min_kilobytes = 4096;
  unsigned stripe_memory_megabytes = 128;
  std::size_t queue = 1024;

  std::string check_path;
  std::string check_body;
  unsigned rise = 2;
  unsigned fall = 3;

  std::vector<std::string> trusted;
  bool forwarded = false;
  bool accept_proxy = false;
  std::string send_proxy;

  std::string access_log = "-";
  std::string log_format = "combined";

  unsigned connect_milliseconds = 2000;
  unsigned answer_milliseconds = 60'000;
  unsigned hedge_milliseconds = 100;
  unsigned resume_milliseconds = 1000;
  unsigned head_milliseconds = 10'000;
  unsigned stall_milliseconds = 30'000;
  unsigned check_interval_milliseconds = 1000;
  unsigned check_timeout_milliseconds = 1000;
  unsigned queue_milliseconds = 5'000;
  unsigned slow_start_milliseconds = 10'000;
  unsigned drain_milliseconds = 30'000;
  unsigned handover_milliseconds = 3'600'000;

  std::size_t connections_max = 0;
  std::optional<std::size_t> source_connections_max;
  unsigned body_rate = 500;
};

// With what the cluster's file, or that of backends, says where no flag does. Names are looked up:
// it may block.
Result<balance::BalanceOptions> options_of(BalanceFlags flags);

}  // namespace bramble::cli
