// SPDX-License-Identifier: Apache-2.0
// An SD card: an image file behind a loop device that detaches itself (autoclear) once neither a
// mount nor an open descriptor holds it. A killed owner leaves no loop device behind.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble::lab {

struct LoopDisk {
  UniqueFd fd;         // keeps it attached
  std::string device;  // "/dev/loop3"
};

// Attaches the image and makes its partitions known, also to a kernel without partition parsers.
Result<LoopDisk> attach(const std::string& image);

std::string partition(const std::string& device, int number);  // "/dev/loop3p2"

// The loop device whose backing file this is: "loop3".
std::optional<std::string> loop_of(const std::string& image);

// Loop devices detach themselves a moment after the last process that used them. An Error where one
// still holds the image after 20 s; Ctrl-C does not end the wait.
Result<void> wait_detached(const std::string& image);

// The device numbers of a loop device and its partitions.
std::vector<dev_t> device_numbers(const std::string& loop);

}  // namespace bramble::lab
