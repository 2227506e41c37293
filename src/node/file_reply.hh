// SPDX-License-Identifier: Apache-2.0
// What a GET or HEAD of a file is answered with: the decision, and for small files the bytes.
// Blocks where the volume does, and runs on any thread: for a blocking volume, on a worker's.
//
//     open ─── folder without a slash ──► 301      conditions ──► 304, 412
//       └───── none ────────────────────► 404        └─ range ──► 206, 416, else 200
//
// A file that is replaced between the look at it and the first read of it is looked up again.
// Never torn: a body that is given whole was read whole from one version; one that is not is to be
// sent by a source which checks that the version is still the same before it sends the last piece.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/conditions.hh"
#include "node/request_path.hh"
#include "volume/volume.hh"

namespace bramble {

struct FileQuery {
  RequestPath path;
  std::string query;  // behind the "?": a redirect keeps it
  http::Conditions conditions;
  bool head = false;     // HEAD: no ranges, no body
  std::int64_t now = 0;  // seconds since 1970
};

struct FileReply {
  int status = 0;            // 0: the volume has not all of it at hand
  std::string_view why;      // of 4xx and 5xx, for people
  std::string fields;        // lines "Name: value\r\n"
  std::string body;          // the body, or its beginning
  std::string_view held;     // instead of body: all of it, in the file's memory
  std::uint64_t length = 0;  // of the whole body

  // Set where body is not all of it: the rest lies in the file. And where held is set.
  std::unique_ptr<VolumeFile> file;
  std::uint64_t rest_first = 0;  // offset in the file
  std::uint64_t rest_bytes = 0;

  void clear();
};

struct FileReplyLimits {
  std::uint64_t whole_bytes_max = 32 * 1024;  // bodies up to here are read at once
  std::uint64_t ahead_bytes = 0;              // of longer ones: so much, at least the first time
};

// Anything but a file or a folder that is not there is an Error's what in `trouble`, for the log.
void look_up(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
             FileReply& reply, std::string& trouble);

}  // namespace bramble
