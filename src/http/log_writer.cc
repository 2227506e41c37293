// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.hh"
#include "http/access_log.hh"
#include "http/syslog.hh"

namespace bramble::http {
namespace {

constexpr int kLookMilliseconds = 100;  // between two looks whether it has to end

bool is_file(int fd) {
  struct stat found = {};
  return ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

// The log daemon's socket, where the path asks for it.
std::string syslog_of(std::string_view path) {
  constexpr std::string_view kSyslog = "syslog";
  if (path == kSyslog) return "/dev/log";
  if (path.starts_with("syslog:")) return std::string(path.substr(kSyslog.size() + 1));
  return "";
}

Result<UniqueFd> open_log(const std::string& path) {
  if (const std::string daemon = syslog_of(path); !daemon.empty()) return connect_syslog(daemon);
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

Result<std::unique_ptr<LogWriter>> LogWriter::open(const std::string& path) {
  UniqueFd fd = TRY(open_log(path));
  return std::unique_ptr<LogWriter>(new LogWriter(path, std::move(fd)));
}

LogWriter::LogWriter(std::string path, UniqueFd fd)
    : path_(std::move(path)),
      syslog_(syslog_of(path_)),
      fd_(std::make_shared<UniqueFd>(std::move(fd))) {
  thread_ = std::thread([this] { write_all(); });
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_by_ = std::chrono::steady_clock::now() + kLastWords;
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
  auto fresh = std::make_shared<UniqueFd>(TRY(open_log(path_)));
  const std::lock_guard lock(mutex_);
  fd_ = std::move(fresh);
  return {};
}

Result<void> LogWriter::give_to(uid_t user, gid_t group) {
  const std::lock_guard lock(mutex_);
  if (path_ == "-" || !is_file(fd_->get()) || ::fchown(fd_->get(), user, group) == 0) return {};
  return errno_error("chown " + path_);
}

std::uint64_t LogWriter::dropped_bytes() const {
  const std::lock_guard lock(mutex_);
  return dropped_bytes_;
}

void LogWriter::write_all() {
  std::string lines;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_by_ || !queue_.empty(); });
    if (queue_.empty()) return;
    lines.swap(queue_);
    const std::shared_ptr<UniqueFd> fd = fd_;  // reopen() may replace it meanwhile
    lock.unlock();
    write_out(fd->get(), lines);
    lines.clear();
    lock.lock();
  }
}

void LogWriter::write_out(int fd, std::string_view lines) {
  if (!syslog_.empty()) return tell_syslog(fd, lines);
  const std::size_t most = is_file(fd) ? lines.size() : PIPE_BUF;  // which a pipe takes at once
  while (!lines.empty()) {
    if (!wait_for_room(fd)) return lose(lines.size(), "nobody takes its lines");
    const ssize_t written = ::write(fd, lines.data(), std::min(lines.size(), most));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return lose(lines.size(), errno_error("write").what);
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

// False: it has to end, and there is none. A pipe that nobody reads is waited for here, not in a
// write, which nothing would end; to set it non-blocking would set it so for who shares it.
bool LogWriter::wait_for_room(int fd) const {
  for (;;) {
    pollfd room = {.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, kLookMilliseconds) > 0) return true;
    const std::lock_guard lock(mutex_);
    if (stop_by_ && std::chrono::steady_clock::now() >= *stop_by_) return false;
  }
}

// A daemon that was started anew listens on a new socket: the rest goes there.
void LogWriter::tell_syslog(int fd, std::string_view lines) {
  SyslogSent sent = send_to_syslog(fd, lines);
  std::size_t lost = sent.too_long_bytes;
  std::string why = "a line is too long";
  if (!sent.rest.empty()) {
    why = errno_error("send").what;
    if (const Result<UniqueFd> fresh = connect_syslog(syslog_); fresh.ok()) {
      sent = send_to_syslog((*fresh).get(), sent.rest);
      lost += sent.too_long_bytes;
      (void)reopen();
    }
    lost += sent.rest.size();
  }
  if (lost != 0) lose(lost, why);
}

void LogWriter::lose(std::size_t bytes, const std::string& why) {
  log::warning("access log {}: {}; {} bytes of lines are lost", path_, why, bytes);
  const std::lock_guard lock(mutex_);
  dropped_bytes_ += bytes;
}

}  // namespace bramble::http
