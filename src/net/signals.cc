// SPDX-License-Identifier: Apache-2.0
#include "net/signals.hh"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <utility>

namespace bramble {

Result<std::unique_ptr<Signals>> Signals::watch(Loop& loop, std::initializer_list<int> signals,
                                                std::function<void(int)> on_signal) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  if (const int code = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); code != 0)
    return errno_error("pthread_sigmask", code);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return errno_error("signalfd");
  std::unique_ptr<Signals> made(new Signals(loop, std::move(fd), std::move(on_signal)));
  TRY(loop.watch(made->fd_.get(), *made));
  return made;
}

Signals::Signals(Loop& loop, UniqueFd fd, std::function<void(int)> on_signal)
    : loop_(loop), fd_(std::move(fd)), on_signal_(std::move(on_signal)) {}

Signals::~Signals() { loop_.forget(fd_.get(), *this); }

void Signals::on_ready(std::uint32_t) {
  signalfd_siginfo info = {};
  while (::read(fd_.get(), &info, sizeof info) == sizeof info)
    on_signal_(static_cast<int>(info.ssi_signo));
}

}  // namespace bramble
