// SPDX-License-Identifier: Apache-2.0
#include "net/splice.hh"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace bramble {

Result<SplicePipe> SplicePipe::create() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return errno_error("pipe2");
  SplicePipe pipe;
  pipe.out_ = UniqueFd(ends[0]);
  pipe.in_ = UniqueFd(ends[1]);
  // Past the user's pipe quota the kernel refuses, and the pipe stays as it is: 64 KB.
  ::fcntl(pipe.in_.get(), F_SETPIPE_SZ, static_cast<int>(kPipeBytes));
  const int size = ::fcntl(pipe.in_.get(), F_GETPIPE_SZ);
  if (size <= 0) return errno_error("fcntl F_GETPIPE_SZ");
  pipe.size_ = static_cast<std::size_t>(size);
  return pipe;
}

SplicePipe::Moved SplicePipe::move(Wire& source, Wire& sink, std::uint64_t& bytes) {
  if (held_ == 0) {
    const Moved filled = fill(source, bytes);
    if (filled != Moved::kSome) return filled;
  }
  return drain(sink, bytes);
}

SplicePipe::Moved SplicePipe::fill(Wire& source, std::uint64_t bytes) {
  if (!source.readable()) return Moved::kSourceEmpty;
  const std::size_t step = std::min<std::uint64_t>(bytes, size_);
  for (;;) {
    const ssize_t got =
        ::splice(source.fd(), nullptr, in_.get(), nullptr, step, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (got > 0) return held_ = static_cast<std::size_t>(got), Moved::kSome;
    if (got == 0) return Moved::kSourceEnded;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return source.set_code(errno), Moved::kSourceFailed;
    source.drained();
    return Moved::kSourceEmpty;
  }
}

SplicePipe::Moved SplicePipe::drain(Wire& sink, std::uint64_t& bytes) {
  while (held_ > 0) {
    if (!sink.writable()) return Moved::kSinkFull;
    const ssize_t taken =
        ::splice(out_.get(), nullptr, sink.fd(), nullptr, held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (taken > 0) {
      held_ -= static_cast<std::size_t>(taken);
      bytes -= static_cast<std::uint64_t>(taken);
    } else if (taken < 0 && errno == EAGAIN) {
      sink.filled();
    } else if (taken == 0 || errno != EINTR) {
      return sink.set_code(taken == 0 ? EPIPE : errno), Moved::kSinkFailed;
    }
  }
  return Moved::kSome;
}

std::optional<SplicePipe> SplicePipes::take() {
  if (taken_ >= most_) return std::nullopt;
  std::optional<SplicePipe> pipe;
  if (!idle_.empty()) {
    pipe = std::move(idle_.back());
    idle_.pop_back();
  } else if (Result<SplicePipe> made = SplicePipe::create(); made.ok()) {
    pipe = *std::move(made);
  }
  if (pipe) ++taken_;
  return pipe;
}

void SplicePipes::give_back(SplicePipe pipe) {
  --taken_;
  if (pipe.held() == 0 && taken_ + idle_.size() < std::min(most_, kKept))
    idle_.push_back(std::move(pipe));
}

}  // namespace bramble
