// SPDX-License-Identifier: Apache-2.0
#include "base/terminal.hh"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/interrupt.hh"

namespace bramble {

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

bool can_be_redrawn(int fd) {
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  return is_terminal(fd) && !dumb;
}

bool colour_wanted(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool refused = no_color != nullptr && *no_color != '\0';
  return can_be_redrawn(fd) && !refused;
}

std::size_t terminal_columns(int fd) {
  winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string read_line(int fd) {
  std::string line;
  for (;;) {
    std::array<pollfd, 2> fds = {{{fd, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}}};
    const int ready = ::poll(fds.data(), fds.size(), -1);
    if (interrupted()) return "";
    if (ready <= 0 || fds[0].revents == 0) continue;
    char byte = 0;
    if (::read(fd, &byte, 1) != 1 || byte == '\n') return line;
    line += byte;
  }
}

std::string paint(std::string_view text, Colour colour, bool wanted) {
  static constexpr std::array<std::string_view, 6> kCodes = {"0", "1", "2", "31", "32", "33"};
  if (!wanted || colour == Colour::kPlain) return std::string(text);
  std::string painted = "\x1b[";
  painted += kCodes[static_cast<std::size_t>(colour)];
  painted += 'm';
  painted += text;
  return painted += "\x1b[0m";
}

}  // namespace bramble
