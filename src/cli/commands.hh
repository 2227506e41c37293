// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each add_… describes one to the parser; when it was the one asked for, it sets
// Invocation::run, which main calls once all flags are known to be good.
//
// Exit status of every command: 0 done, 1 failed, 2 bad usage (which includes a faulty file).
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <string_view>

#include "base/result.hh"

namespace bramble::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadUsage = 2;

struct Invocation {
  std::function<int()> run;
};

// kBadUsage where it is the caller's (side kClient), else kFailed.
int exit_status(const Error& error);

// Says "bramble: WHAT" on stderr and gives that.
int tell(const Error& error);

void print(std::string_view text, std::FILE* to = stdout);  // at once

void add_balance(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);
void add_drill(CLI::App& app, Invocation& invocation);
void add_hosts(CLI::App& app, Invocation& invocation);
void add_lab(CLI::App& app, Invocation& invocation);
void add_plan(CLI::App& app, Invocation& invocation);
void add_serve(CLI::App& app, Invocation& invocation);
void add_status(CLI::App& app, Invocation& invocation);
void add_up(CLI::App& app, Invocation& invocation);
void add_vitals(CLI::App& app, Invocation& invocation);

}  // namespace bramble::cli
