// SPDX-License-Identifier: Apache-2.0
// Small files of a GlusterFS volume that are read and rewritten in place again and again.
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
class GlusterNotes {
 public:
  // The files are in address.path of the volume: one folder, which may lack.
  static Result<std::unique_ptr<GlusterNotes>> connect(const GlusterAddress& address);
  static Result<std::unique_ptr<GlusterNotes>> connect(const GlusterAddress& address,
                                                       const GlusterLibrary& library);

  // Its content, of which at most 4 KiB; nothing where there is no such file.
  Result<std::optional<std::string>> read(const std::string& name);

  // Makes the folder (one level) and the file where they lack. Error EROFS: the volume, or this
  // copy of it, is not to be written.
  Result<void> write(const std::string& name, std::string_view content);

 private:
  GlusterNotes(std::shared_ptr<GlusterSession> session, std::string folder)
      : session_(std::move(session)), folder_(std::move(folder)) {}

  std::shared_ptr<GlusterSession> session_;
  std::string folder_;
};

}  // namespace bramble
