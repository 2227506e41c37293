// SPDX-License-Identifier: Apache-2.0
// One line a request: the combined format of Apache and nginx, then what a proxy knows besides; of
// a server's own answers the time and the ending alone.
//
//   203.0.113.9 - - [23/Nov/2026:08:45:22 +0000] "GET / HTTP/1.1" 200 1234 "-" "curl/7.88.1"
//     backend=cluster02 wait=0.004 total=0.005 tries=1 end=ok id=3f…                (all one line)
//
// or the same as an object of JSON a line.
//
// wait is the time until the answer's head, total until its last byte was handed to the kernel, in
// seconds. Bytes are the body's. What a client sends stands in quotes; a quote, a backslash and
// bytes that are not printable ASCII are written \xHH, so that nobody can forge a line.
//
// A loop thread formats into a buffer of its own and hands it over when it is full, or once a
// second; a thread of the log's own writes. When that thread does not keep up (a full disk, a slow
// pipe), lines are dropped and counted: the loop never waits.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hh"
#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble::http {

// How an exchange ended: the log's and the metrics' word for it. Of a server, the backend is where
// its files come from.
enum class Ending : std::uint8_t {
  kOk,
  kClientAborted,   // the visitor left before the answer was whole
  kClientStalled,   // it did not take the answer, or did not send its body, in time
  kBadRequest,      // refused; nothing went to a backend
  kNoBackend,       // there was none to ask
  kQueueFull,       // all backends had as much as they may, and too many waited already
  kQueueTooLong,    // it waited too long for one of them to have room
  kConnectFailed,   // no connection to any that was tried
  kBackendClosed,   // it closed or reset before its answer was whole
  kBackendStalled,  // it did not answer, or stopped in the middle, in time
  kBackendBad,      // its answer breaks the rules of HTTP
  kStopped,         // we were told to stop, and its time ran out
};
inline constexpr std::size_t kEndings = static_cast<std::size_t>(Ending::kStopped) + 1;

std::string_view name_of(Ending ending);

struct AccessRecord {
  std::string_view client;  // IP
  WallTime time{};
  std::string_view request_line;
  unsigned status = 0;  // 0: none was sent
  std::uint64_t body_bytes = 0;
  std::string_view referer;
  std::string_view user_agent;
  std::string_view backend;  // "" where none was asked
  std::chrono::nanoseconds wait{0};
  std::chrono::nanoseconds total{0};
  unsigned tries = 0;
  unsigned resumes = 0;           // backends that failed in the middle of the body
  std::string_view resumed_from;  // the last of them
  std::uint64_t resumed_at = 0;   // where in the body
  unsigned stripes = 0;           // backends that gave parts of the body, where it was striped
  Ending ending = Ending::kOk;
  std::string_view request_id;  // "" where there is none yet
};

enum class LogFormat : std::uint8_t { kCombined, kJson };

std::optional<LogFormat> parse_log_format(std::string_view name);

// Formats lines; keeps the text of the second that it is.
class AccessLines {
 public:
  // Who answers: a proxy tells of its backends, too.
  enum class Teller : std::uint8_t { kProxy, kServer };

  explicit AccessLines(LogFormat format, Teller teller = Teller::kProxy)
      : format_(format), teller_(teller) {}

  void append(std::string& out, const AccessRecord& record);

 private:
  std::string_view time_text(WallTime time);
  void append_combined(std::string& out, const AccessRecord& record);
  void append_json(std::string& out, const AccessRecord& record);

  LogFormat format_;
  Teller teller_;
  std::int64_t second_ = -1;
  std::string text_;
};

// Where the lines go. Any thread.
class LogWriter {
 public:
  // "-" is standard output, "syslog" the log daemon at /dev/log, "syslog:PATH" one elsewhere. A
  // file is appended to, and made where it lacks.
  static Result<std::unique_ptr<LogWriter>> open(const std::string& path);
  ~LogWriter();  // writes what was handed over, for as long as kLastWords where nobody takes it

  // Takes the lines and leaves an empty string with room. Does not wait for the disk.
  void hand_over(std::string& lines);

  // Opens the file anew, after it was renamed. An error leaves the old one in use.
  Result<void> reopen();

  // A file becomes that user's, who is to open it anew. As root.
  Result<void> give_to(uid_t user, gid_t group);

  std::uint64_t dropped_bytes() const;

 private:
  static constexpr std::size_t kQueueBytesMax = 8 * 1024 * 1024;
  static constexpr std::chrono::seconds kLastWords{1};

  LogWriter(std::string path, UniqueFd fd);
  void write_all();
  void write_out(int fd, std::string_view lines);
  bool wait_for_room(int fd) const;
  void tell_syslog(int fd, std::string_view lines);
  void lose(std::size_t bytes, const std::string& why);

  const std::string path_;
  const std::string syslog_;  // the daemon's socket; "": it is a file
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<UniqueFd> fd_;
  std::string queue_;
  std::uint64_t dropped_bytes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> stop_by_;  // {}: it goes on
  std::thread thread_;
};

}  // namespace bramble::http
