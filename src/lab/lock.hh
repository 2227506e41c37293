// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble::lab {

// A lock between processes (flock(2)): it ends with its owner, however that ends, and with all that
// he started. Were he killed, who cleans up after him waits for what still works for him.
class Lock {
 public:
  // Waits for it; `on_wait` is called once before the first wait. An Error when interrupted. The
  // file and its folder are made.
  static Result<Lock> take(const std::string& path, const std::function<void()>& on_wait);

  // Removes the file while the lock is held; who waits for it makes a new one.
  void remove_file();

 private:
  Lock(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

}  // namespace bramble::lab
