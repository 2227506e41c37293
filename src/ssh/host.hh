// SPDX-License-Identifier: Apache-2.0
// A machine that commands are run on.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <string>

#include "base/process.hh"
#include "base/result.hh"

namespace bramble {

struct Script {
  std::string text;   // for POSIX sh; runs as root with `set -eu`
  std::string input;  // its standard input: for secrets and file contents
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
  bool ignore_interrupt = false;  // what is to be done after Ctrl-C, too
};

// One of the four seams where tests may put a fake. Thread-safe: one host may be asked by several
// threads at once.
class Host {
 public:
  virtual ~Host() = default;
  virtual const std::string& name() const = 0;

  // Runs the script as root (through sudo where the user is another). An Outcome however it ended;
  // an Error (retryable) where the host could not be reached or did not answer in time.
  virtual Result<Outcome> run(const Script& script) = 0;

  // The script's stdout; any exit status but 0 is an Error that ends with its own last words and
  // begins with the host's name.
  Result<std::string> sh(std::string text);
  Result<std::string> sh(const Script& script);

  // Writes a file at once (beside, sync, rename), owned by root; its folder is made if missing.
  Result<void> put(const std::string& path, std::string content, mode_t mode = 0644);
};

}  // namespace bramble
