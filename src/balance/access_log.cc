// SPDX-License-Identifier: Apache-2.0
#include "balance/access_log.hh"

#include <fcntl.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/log.hh"

namespace bramble::balance {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  if (text.empty()) out += '-';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out += c;
      continue;
    }
    out += "\\x";
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  out += '"';
}

// "23/Nov/2026:08:45:22 +0000"; in UTC, so that no machine's time zone needs to be known.
std::string format_time(std::int64_t seconds) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t time = seconds;
  tm parts = {};
  ::gmtime_r(&time, &parts);
  return fmt::format(FMT_COMPILE("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000"), parts.tm_mday,
                     kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void append_seconds(std::string& out, std::chrono::nanoseconds time) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{:06}"), micro / 1000000,
                 micro % 1000000);
}

Result<UniqueFd> open_log(const std::string& path) {
  if (path == "-") {
    UniqueFd out(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!out) return errno_error("dup standard output");
    return out;
  }
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file) return errno_error("open " + path);
  return file;
}

}  // namespace

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::kOk:
      return "ok";
    case Ending::kClientAborted:
      return "client-aborted";
    case Ending::kClientStalled:
      return "client-stalled";
    case Ending::kBadRequest:
      return "bad-request";
    case Ending::kNoBackend:
      return "no-backend";
    case Ending::kConnectFailed:
      return "connect-failed";
    case Ending::kBackendClosed:
      return "backend-closed";
    case Ending::kBackendStalled:
      return "backend-stalled";
    case Ending::kBackendBad:
      return "backend-bad";
    case Ending::kStopped:
      return "stopped";
  }
  return "";
}

std::string_view AccessLines::time_text(WallTime time) {
  const std::int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  if (second != second_) text_ = format_time(second);
  second_ = second;
  return text_;
}

void AccessLines::append(std::string& out, const AccessRecord& record) {
  out.append(record.client).append(" - - [").append(time_text(record.time)).append("] ");
  append_quoted(out, record.request_line);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(" {} {} "), record.status, record.body_bytes);
  append_quoted(out, record.referer);
  out += ' ';
  append_quoted(out, record.user_agent);
  out.append(" backend=").append(record.backend.empty() ? "-" : record.backend).append(" wait=");
  append_seconds(out, record.wait);
  out.append(" total=");
  append_seconds(out, record.total);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(" tries={} end={}\n"), record.tries,
                 name_of(record.ending));
}

Result<std::unique_ptr<LogWriter>> LogWriter::open(const std::string& path) {
  UniqueFd fd = TRY(open_log(path));
  return std::unique_ptr<LogWriter>(new LogWriter(path, std::move(fd)));
}

LogWriter::LogWriter(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {
  thread_ = std::thread([this] { write_all(); });
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LogWriter::hand_over(std::string& lines) {
  if (lines.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() + lines.size() <= kQueueBytesMax)
      queue_ += lines;
    else
      dropped_bytes_ += lines.size();
  }
  lines.clear();
  changed_.notify_one();
}

Result<void> LogWriter::reopen() {
  UniqueFd fresh = TRY(open_log(path_));
  const std::lock_guard lock(mutex_);
  fd_ = std::move(fresh);
  return {};
}

std::uint64_t LogWriter::dropped_bytes() const {
  const std::lock_guard lock(mutex_);
  return dropped_bytes_;
}

void LogWriter::write_all() {
  std::string lines;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    lines.swap(queue_);
    const UniqueFd fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3));  // reopen() may replace it meanwhile
    lock.unlock();
    write_out(fd.get(), lines);
    lines.clear();
    lock.lock();
  }
}

void LogWriter::write_out(int fd, std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(fd, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      log::warning("access log {}: {}; {} bytes of lines are lost", path_,
                   errno_error("write").what, lines.size());
      const std::lock_guard lock(mutex_);
      dropped_bytes_ += lines.size();
      return;
    }
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace bramble::balance
