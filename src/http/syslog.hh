// SPDX-License-Identifier: Apache-2.0
// Lines to the machine's log daemon: a datagram each, "<30>Nov 23 08:45:22 bramble: LINE" (facility
// daemon, severity info; RFC 3164 as /dev/log takes it).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble::http {

// The socket at the path, "/dev/log" for most. A send waits for at most a second.
Result<UniqueFd> connect_syslog(const std::string& path);

struct SyslogSent {
  std::string_view rest;           // what the daemon did not take: it is gone (errno), or too slow
  std::size_t too_long_bytes = 0;  // of lines that no datagram can hold
};
SyslogSent send_to_syslog(int fd, std::string_view lines);

}  // namespace bramble::http
