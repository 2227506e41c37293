// SPDX-License-Identifier: Apache-2.0
#include "temporary_folder.hh"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/result.hh"

namespace bramble::test {

TemporaryFolder::TemporaryFolder() : path_("/tmp/bramble-test-XXXXXX") {
  BRAMBLE_CHECK(::mkdtemp(path_.data()) != nullptr);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view content) const {
  const std::filesystem::path path = std::filesystem::path(path_) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace bramble::test
