// SPDX-License-Identifier: Apache-2.0
#include "base/log.hh"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace bramble::log {
namespace {

std::string_view word(Level level) {
  switch (level) {
    case Level::kError:
      return "error: ";
    case Level::kWarning:
      return "warning: ";
    case Level::kInfo:
      return "";
  }
  return "";
}

}  // namespace

void write(Level level, std::string_view line) {
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  const std::string whole = journal ? fmt::format("<{}>{}\n", static_cast<int>(level), line)
                                    : fmt::format("bramble: {}{}\n", word(level), line);
  // Nothing can be told where stderr is gone.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, whole.data(), whole.size());
}

}  // namespace bramble::log
