// SPDX-License-Identifier: Apache-2.0
// For tests: an ssh(1) of our own, first in the PATH while it lives.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/file.hh"

namespace bramble {

class OtherSsh {
 public:
  explicit OtherSsh(const std::string& does) {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    EXPECT_TRUE(write_file(folder_ + "/ssh", "#!/bin/sh\n" + does, 0755).ok());
    ::setenv("PATH", (folder_ + ":" + ::getenv("PATH")).c_str(), 1);
  }
  ~OtherSsh() { std::filesystem::remove_all(folder_); }
  OtherSsh(const OtherSsh&) = delete;
  OtherSsh& operator=(const OtherSsh&) = delete;

 private:
  std::string folder_ = "/tmp/bramble-other-ssh-XXXXXX";
};

}  // namespace bramble
