// SPDX-License-Identifier: Apache-2.0
// Lines for the operator, on stderr. Under systemd (JOURNAL_STREAM set) each carries its priority
// as "<N>" (sd-daemon(3)); elsewhere it is "bramble: warning: …". Any thread; a line is one write.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace bramble::log {

enum class Level { kError = 3, kWarning = 4, kInfo = 6 };  // syslog's numbers

void write(Level level, std::string_view line);

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace bramble::log
