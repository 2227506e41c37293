// SPDX-License-Identifier: Apache-2.0
#include "node/brick_sync.hh"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "base/log.hh"
#include "base/result.hh"
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

struct BrickSync::Shared {
  explicit Shared(std::string f) : folder(std::move(f)) {}

  const std::string folder;
  std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
};

BrickSync::BrickSync(const std::string& folder) : shared_(std::make_shared<Shared>(folder)) {
  BRAMBLE_CHECK(thread_.try_submit([shared = shared_] { run(shared); }));
}

BrickSync::~BrickSync() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->stopped.notify_all();
  (void)thread_.stop();
}

void BrickSync::run(const std::shared_ptr<Shared>& shared) {
  int told = 0;
  std::unique_lock lock(shared->mutex);
  while (!shared->stopped.wait_for(lock, kPeriod, [&] { return shared->stopping; })) {
    lock.unlock();
    const int code = sync_filesystem(shared->folder);
    if (code != 0 && code != ENOENT && code != told)
      log::error("{}: what was written may not be on the disk: {}; see dmesg(1)", shared->folder,
                 ::strerror(code));
    told = code;
    lock.lock();
  }
}

}  // namespace bramble
