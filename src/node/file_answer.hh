// SPDX-License-Identifier: Apache-2.0
// How a file that was found answers: its representation, conditions, ranges, and the bytes that are
// given at once. A part of look_up(), see file_reply.hh.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/range.hh"
#include "node/file_reply.hh"
#include "node/representation.hh"

namespace bramble {

enum class Taken : std::uint8_t { kYes, kChanged, kFailed, kNotAtHand };

class FileAnswer {
 public:
  // All outlive it.
  FileAnswer(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
             FileReply& reply, std::string& trouble)
      : volume_(volume), query_(query), limits_(limits), reply_(reply), trouble_(trouble) {}

  struct Names {
    std::string_view site_name;    // as the site's globs see it: "/docs/a.txt"
    std::string_view volume_name;  // as the volume does
  };
  Taken give(const Names& names, std::unique_ptr<VolumeFile> file);

  // Reads the first bytes of the reply's rest to its body.
  Taken take(std::uint64_t bytes);

 private:
  bool give_kept(const Names& names, http::ContentCoding coding, const VolumeFile& file);
  void keep(const Names& names, http::ContentCoding coding) const;
  bool is_of_the_future(const VolumeFile& file) const;
  std::uint64_t key_of(const Names& names, http::ContentCoding coding) const;
  bool needs_coding(const Representation& form) const;
  Taken code_here(Representation& form, std::string_view name);
  bool may_vary(std::string_view type) const;
  CodingWish wish() const;
  http::Validators validators_of(const Representation& form) const;
  bool conditions_stop(const Representation& form);
  void decide(Representation form);
  http::RangeChoice range_of(const Representation& form) const;
  void give_whole(std::uint64_t size);
  void give_parts(const std::vector<http::RangePart>& parts);
  Taken begin_body();
  Taken failed(const Error& error);

  Volume& volume_;
  const FileQuery& query_;
  const FileReplyLimits& limits_;
  FileReply& reply_;
  std::string& trouble_;
  std::string_view type_;  // its media type
};

}  // namespace bramble
