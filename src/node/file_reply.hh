// SPDX-License-Identifier: Apache-2.0
// What a GET or HEAD is answered with: the decision, and for small files the bytes. Blocks where
// the volume does, and runs on any thread: for a blocking volume, on a worker's.
//
//     refused before ──────────────────────────────────────────────┐
//     the site's names ─ none ──► its file for what is nowhere ─ none ─► 404, 403, 503, with the
//           │      ├ folder without a slash ──► 301     │               site's page for that status
//           │      └ folder without an index ─► listing, where the site has one
//           ▼                                           ▼
//     a password is lacking, for the path or for the file ──► locked_by
//           ▼                                           ▼
//     representation ──► conditions ──► 304, 412     range ──► 206, 416, else 200
//           └ is to be coded, and may not be here ──► needs_worker
//
// A file that is replaced between the look at it and the first read of it is looked up again.
// Never torn: a body that is given whole was read whole from one version; one that is not is to be
// sent by a source which checks that the version is still the same before it sends the last piece.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_buffer.hh"
#include "cluster/site.hh"
#include "http/conditions.hh"
#include "http/content_coding.hh"
#include "node/coded_cache.hh"
#include "node/request_path.hh"
#include "volume/volume.hh"

namespace bramble {

// A body of up to so many bytes goes out with its head: what the socket does not take is copied.
inline constexpr std::size_t kSentWithHeadMax = 32 * 1024;

// An answer that was found before any file was looked for.
struct Refusal {
  int status = 0;        // 0: there is none, and the rest is of no use
  std::string_view why;  // for people; a literal
  std::string fields;    // lines "Name: value\r\n"
};

struct FileQuery {
  const SiteOptions* site = nullptr;  // outlives it
  Refusal refusal;
  std::vector<const SiteAuth*> let_in;  // tables of the site whose passwords the visitor has
  RequestPath path;
  std::string query;  // behind the "?": a redirect keeps it
  http::Conditions conditions;
  http::AcceptedCodings codings;
  bool head = false;     // HEAD: no ranges, no body
  std::int64_t now = 0;  // seconds since 1970
};

struct FileReply {
  int status = 0;
  std::string_view why;      // of redirects, 4xx and 5xx without a body; for people
  TextBuffer fields;         // lines "Name: value\r\n"
  std::string body;          // the body, or its beginning
  std::string_view held;     // instead of body: all of it, in the file's memory
  std::uint64_t length = 0;  // of the whole body

  // Instead of all these: the head from the fields on, and the body.
  std::shared_ptr<const HeadedBytes> kept;

  // Nothing above is of use: look it up once more on a worker, where the volume may block and
  // may_take_time is right.
  bool needs_worker = false;

  // The same, but that the visitor must be let in by this table first, or be refused.
  const SiteAuth* locked_by = nullptr;

  // Set where body is not all of it: the rest lies in the file. And where held is set.
  std::unique_ptr<VolumeFile> file;
  bool coded_here = false;       // it was made of another, which it has no ranges of
  std::uint64_t rest_first = 0;  // offset in the file
  std::uint64_t rest_bytes = 0;

  std::string name;  // of the file that was tried last: memory for the next, clear() leaves it

  void clear();
  void fail(int its_status, std::string_view reason);  // nothing but that
};

struct FileReplyLimits {
  std::uint64_t whole_bytes_max = 32 * 1024;  // bodies up to here are read at once, if need be
  std::uint64_t ahead_bytes = 0;              // of longer ones: so much, at least the first time
  CodedCache* coded = nullptr;                // nullptr: nothing is compressed here
  bool may_take_time = false;                 // to compress, and to list a folder
  std::chrono::milliseconds listing_time{10'000};  // then no more of a folder is read
  std::chrono::milliseconds links_time{500};       // then no more of its links are followed
};

// Anything but a file or a folder that is not there is an Error's what in `trouble`, for the log.
void look_up(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
             FileReply& reply, std::string& trouble);

}  // namespace bramble
