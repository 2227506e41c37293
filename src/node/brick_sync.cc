// SPDX-License-Identifier: Apache-2.0
#include "node/brick_sync.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/log.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

constexpr std::chrono::seconds kPeriod{4};

// 0, or an errno.
int sync_filesystem(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return !fd || ::syncfs(fd.get()) != 0 ? errno : 0;
}

}  // namespace

BrickSync::BrickSync(const std::string& folder)
    : thread_(kPeriod, [folder, told = 0]() mutable {
        const int code = sync_filesystem(folder);
        if (code != 0 && code != ENOENT && code != told)
          log::error("{}: what was written may not be on the disk: {}; see dmesg(1)", folder,
                     ::strerror(code));
        told = code;
      }) {}

}  // namespace bramble
