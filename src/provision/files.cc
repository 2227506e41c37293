// SPDX-License-Identifier: Apache-2.0
#include "provision/files.hh"

#include "base/text.hh"

namespace bramble::provision {

std::string tell_files(const std::vector<File>& files) {
  std::string script;
  for (const File& file : files) script += tell_file(file.path);
  return script;
}

std::vector<File> differing(const Look& look, const std::vector<File>& files) {
  std::vector<File> all;
  for (const File& file : files)
    if (look.file(file.path) != file.content) all.push_back(file);
  return all;
}

Result<void> put_all(Host& host, const std::vector<File>& files) {
  for (const File& file : files) TRY(host.put(file.path, file.content, file.mode));
  return {};
}

std::string paths(const std::vector<File>& files) {
  std::vector<std::string> all;
  for (const File& file : files) all.push_back(file.path);
  return join(all, ", ");
}

}  // namespace bramble::provision
