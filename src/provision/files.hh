// SPDX-License-Identifier: Apache-2.0
// Files that a step wants to be exactly so.
#pragma once

#include <string>
#include <vector>

#include "base/result.hh"
#include "provision/look.hh"
#include "ssh/host.hh"

namespace bramble::provision {

struct File {
  std::string path;
  std::string content;  // ends with a line end
  mode_t mode = 0644;
};

std::string tell_files(const std::vector<File>& files);  // a look's piece

// Those that are missing there or have another content.
std::vector<File> differing(const Look& look, const std::vector<File>& files);

Result<void> put_all(Host& host, const std::vector<File>& files);

std::string paths(const std::vector<File>& files);  // "/etc/a, /etc/b"

}  // namespace bramble::provision
