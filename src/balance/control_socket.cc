// SPDX-License-Identifier: Apache-2.0
#include "balance/control_socket.hh"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace bramble::balance {
namespace {

constexpr std::size_t kOrderBytesMax = 256;
constexpr std::chrono::seconds kPatience{10};  // for the order to come

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return failure("control socket " + path + ": its path is too long: 107 bytes are the most");
  path.copy(address.sun_path, path.size());
  return address;
}

Result<UniqueFd> unix_socket(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket for " + path);
  return fd;
}

// A mistyped path must not cost somebody's file.
Result<void> check_kind(const std::string& path) {
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode)) return {};
  return failure("control socket " + path + ": something else is there: name another path");
}

ino_t inode_of(const std::string& path) {
  struct stat found = {};
  return ::lstat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

class ControlSocket::Conversation final : Watcher {
 public:
  Conversation(ControlSocket& owner, UniqueFd fd)
      : owner_(owner), fd_(std::move(fd)), timer_(*this, &Conversation::close) {
    owner_.loop_.arm(timer_, kPatience);
  }
  ~Conversation() { close(); }

  Result<void> open() { return owner_.loop_.watch(fd_.get(), *this); }
  bool is_open() const { return static_cast<bool>(fd_); }

  void reply(const Result<void>& outcome) {
    if (!fd_) return;
    const std::string text = outcome.ok() ? "done\n" : "failed: " + outcome.error().what + "\n";
    ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    close();
  }

  std::weak_ptr<Conversation> self;

 private:
  void on_ready(std::uint32_t) override {
    std::array<char, kOrderBytesMax> piece{};
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0 || heard_) return close();
      order_.append(piece.data(), static_cast<std::size_t>(got));
      if (order_.size() > kOrderBytesMax) return close();
      if (order_.back() == '\n') return obey();
    }
  }

  void obey() {
    heard_ = true;
    order_.pop_back();
    owner_.loop_.disarm(timer_);
    owner_.obey_(order_, [to = self](const Result<void>& outcome) {
      if (const std::shared_ptr<Conversation> still_there = to.lock()) still_there->reply(outcome);
    });
  }

  void close() {
    if (!fd_) return;
    owner_.loop_.disarm(timer_);
    owner_.loop_.forget(fd_.get(), *this);
    fd_.reset();
  }

  ControlSocket& owner_;
  UniqueFd fd_;
  std::string order_;
  bool heard_ = false;
  TimerOf<Conversation> timer_;
};

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(Loop& loop, const std::string& path,
                                                           Obey obey) {
  std::unique_ptr<ControlSocket> made(new ControlSocket(loop, path, std::move(obey)));
  TRY(made->listen());
  return made;
}

Result<void> ControlSocket::check_free(const std::string& path) {
  const sockaddr_un address = TRY(unix_address(path));
  const UniqueFd fd = TRY(unix_socket(path));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  return failure("control socket " + path +
                 ": another balancer listens there: end it, or name another path with --control");
}

ControlSocket::ControlSocket(Loop& loop, std::string path, Obey obey)
    : loop_(loop),
      path_(std::move(path)),
      obey_(std::move(obey)),
      retry_(*this, &ControlSocket::accept_all) {}

ControlSocket::~ControlSocket() {
  if (fd_) loop_.forget(fd_.get(), *this);
  if (inode_ != 0 && inode_of(path_) == inode_) ::unlink(path_.c_str());
}

// Nobody connects before it is listening, and by then its mode is right.
Result<void> ControlSocket::listen() {
  TRY(check_kind(path_));
  const std::string fresh = path_ + "." + std::to_string(::getpid());
  const sockaddr_un address = TRY(unix_address(fresh));
  fd_ = TRY(unix_socket(path_));
  ::unlink(fresh.c_str());
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error("control socket " + path_);
  const bool there = ::chmod(fresh.c_str(), 0600) == 0 && ::listen(fd_.get(), 8) == 0 &&
                     ::rename(fresh.c_str(), path_.c_str()) == 0;
  if (!there) {
    const Error error = errno_error("control socket " + path_);
    ::unlink(fresh.c_str());
    return error;
  }
  inode_ = inode_of(path_);
  return loop_.watch(fd_.get(), *this);
}

// Without descriptors it looks again soon: of who waits already epoll tells nothing more.
void ControlSocket::accept_all() {
  for (;;) {
    UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd && errno != EAGAIN) loop_.arm(retry_, kStarvedPause);
    if (!fd) return;
    std::erase_if(conversations_, [](const auto& each) { return !each->is_open(); });
    if (conversations_.size() == kConversationsMax) continue;
    conversations_.push_back(std::make_shared<Conversation>(*this, std::move(fd)));
    conversations_.back()->self = conversations_.back();
    if (!conversations_.back()->open().ok()) conversations_.pop_back();
  }
}

}  // namespace bramble::balance
