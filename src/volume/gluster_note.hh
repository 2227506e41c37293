// SPDX-License-Identifier: Apache-2.0
// A small file of a GlusterFS volume that is read and rewritten in place again and again.
//
// In place, so that a rewrite is one write on each brick and no change of names. A reader may see
// it half written where its size changes: keep the size.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "volume/gluster_address.hh"

namespace bramble {

class GlusterSession;
struct GlusterLibrary;

// Blocks, for as long as GlusterFS does. One thread at a time.
class GlusterNote {
 public:
  // Connects; the file is address.path/name of the volume. The path is one folder, which may lack.
  static Result<std::unique_ptr<GlusterNote>> connect(const GlusterAddress& address,
                                                      std::string name);
  static Result<std::unique_ptr<GlusterNote>> connect(const GlusterAddress& address,
                                                      std::string name,
                                                      const GlusterLibrary& library);

  // Its content, of which at most 4 KiB; nothing where there is no such file.
  Result<std::optional<std::string>> read();

  // Makes the folder (one level) and the file where they lack. Error EROFS: the volume, or this
  // copy of it, is not to be written.
  Result<void> write(std::string_view content);

 private:
  GlusterNote(std::shared_ptr<GlusterSession> session, std::string folder, std::string name)
      : session_(std::move(session)), folder_(std::move(folder)), name_(std::move(name)) {}

  std::shared_ptr<GlusterSession> session_;
  std::string folder_;
  std::string name_;
};

}  // namespace bramble
