// SPDX-License-Identifier: Apache-2.0
// Other programs, run to their end. Blocks; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble {

struct Command {
  std::vector<std::string> argv;                    // argv[0] is looked up in PATH
  std::string input;                                // its standard input
  std::chrono::milliseconds timeout{0};             // 0: none
  std::vector<std::string> environment;             // "NAME=value", added to ours
  std::string network_namespace;                    // a name in /run/netns; "": ours
  bool ignore_interrupt = false;                    // clean-up goes on after Ctrl-C
  std::function<void(std::string_view)> on_output;  // each piece of its stdout as it comes, if set
};

struct Outcome {
  int status = 0;  // exit status, or 128 + the signal that ended it
  std::string out;
  std::string err;
  bool ok() const { return status == 0; }
};

// Runs the command in a process group of its own, with those of our descriptors that are not
// close-on-exec, and waits for its end. An Outcome however it ended; an Error where it could not be
// started, ran into the timeout, or we were interrupted: in the last two cases its whole group has
// been ended. In the Error it is named by its argv.
Result<Outcome> run(const Command& command);

// The same, where anything but exit status 0 is an Error: its what ends with the program's own last
// words. Gives its stdout.
Result<std::string> run_ok(const Command& command);
Result<std::string> run_ok(std::vector<std::string> argv);

}  // namespace bramble
