// SPDX-License-Identifier: Apache-2.0
#include "node/file_reply.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "http/date.hh"
#include "http/range.hh"
#include "node/media_type.hh"
#include "node/multipart_file.hh"

namespace bramble {
namespace {

constexpr std::string_view kIndex = "index.html";
constexpr int kTries = 3;  // where a file changes or is replaced while it is read

void fail(FileReply& reply, int status, std::string_view why) {
  reply.clear();
  reply.status = status;
  reply.why = why;
}

void fail_unwell(FileReply& reply) {
  fail(reply, 503, "the files cannot be read now");
  reply.fields = "Retry-After: 1\r\n";
}

void fail_open(const Error& error, FileReply& reply, std::string& trouble) {
  switch (error.code) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return fail(reply, 404, "there is no such file here");
    case EACCES:
      return fail(reply, 403, "this file may not be read");
    default:
      trouble = error.what;
      return fail_unwell(reply);
  }
}

void redirect_to_folder(const FileQuery& query, FileReply& reply) {
  fail(reply, 301, "this is a folder: its address ends with a slash");
  reply.fields = "Location: " + encode_path(query.path.name) + "/";
  if (!query.query.empty()) reply.fields.append("?").append(query.query);
  reply.fields += "\r\n";
}

std::string name_of(const FileQuery& query) {
  if (!query.path.folder) return query.path.name;
  if (query.path.name.empty()) return std::string(kIndex);
  return query.path.name + "/" + std::string(kIndex);
}

void write_validators(const http::Validators& validators, std::string& fields) {
  const http::DateText modified = http::format_date(validators.modified);
  fields.append("ETag: ").append(validators.etag).append("\r\nLast-Modified: ");
  fields.append(modified.data(), modified.size()).append("\r\nAccept-Ranges: bytes\r\n");
}

void write_type(std::string_view type, std::string& fields) {
  fields.append("Content-Type: ").append(type).append("\r\n");
}

http::RangeChoice range_of(const FileQuery& query, const http::Validators& validators,
                           std::uint64_t size) {
  if (query.head || !http::range_applies(query.conditions, validators, query.now)) return {};
  return http::choose_ranges(query.conditions.range, size);
}

void answer_whole(std::string_view type, std::uint64_t size, FileReply& reply) {
  reply.status = 200;
  reply.length = reply.rest_bytes = size;
  write_type(type, reply.fields);
}

// One part is answered as itself, several as a multipart body.
void answer_parts(const std::vector<http::RangePart>& parts, std::string_view type,
                  FileReply& reply) {
  reply.status = 206;
  if (parts.size() == 1) {
    const http::RangePart& part = parts.front();
    reply.rest_first = part.first;
    reply.length = reply.rest_bytes = part.bytes;
    write_type(type, reply.fields);
    reply.fields += fmt::format("Content-Range: bytes {}-{}/{}\r\n", part.first,
                                part.first + part.bytes - 1, reply.file->status().size);
    return;
  }
  const std::string boundary = multipart_boundary();
  write_type("multipart/byteranges; boundary=" + boundary, reply.fields);
  auto body = std::make_unique<MultipartFile>(
      std::move(reply.file), parts,
      MultipartFile::Layout{.media_type = type, .boundary = boundary});
  reply.length = reply.rest_bytes = body->bytes();
  reply.file = std::move(body);
}

// Status and fields; the part of the file that the body is goes to rest_first and rest_bytes.
void decide(const FileQuery& query, std::string_view name, FileReply& reply) {
  const FileStatus status = reply.file->status();
  const std::string etag = "\"" + status.version + "\"";
  // A time that is yet to come would not be one of modification (RFC 9110 §8.8.2.1).
  const http::Validators validators{
      .etag = etag, .modified = std::min<std::int64_t>(status.modified.tv_sec, query.now)};
  const http::ConditionOutcome outcome = http::evaluate(query.conditions, validators, query.now);
  if (outcome == http::ConditionOutcome::kFailed)
    return fail(reply, 412, "the file is not what the request expects");
  write_validators(validators, reply.fields);
  if (outcome == http::ConditionOutcome::kNotModified) {
    reply.status = 304;
    return;
  }
  const std::string_view type = media_type_of(name);
  const http::RangeChoice range = range_of(query, validators, status.size);
  switch (range.kind) {
    case http::RangeChoice::Kind::kWhole:
      return answer_whole(type, status.size, reply);
    case http::RangeChoice::Kind::kParts:
      return answer_parts(range.parts, type, reply);
    case http::RangeChoice::Kind::kUnsatisfiable:
      fail(reply, 416, "the file is shorter than that");
      reply.fields = fmt::format("Content-Range: bytes */{}\r\n", status.size);
  }
}

enum class Taken : std::uint8_t { kYes, kChanged, kFailed };

// A file that was removed or replaced after it was found is to be looked up again, as one that
// changed: its name may lead to a new one.
Taken failed(const Error& error, std::string& trouble) {
  if (error.code == ESTALE || error.code == ENOENT) return Taken::kChanged;
  trouble = error.what;
  return Taken::kFailed;
}

// Reads the first bytes of the rest to the body.
Taken take(VolumeFile& file, std::uint64_t bytes, FileReply& reply, std::string& trouble) {
  reply.body.resize(bytes);
  for (std::size_t have = 0; have < bytes;) {
    const Result<std::size_t> got =
        file.read(reply.rest_first + have, std::span(reply.body).subspan(have));
    if (!got.ok()) return failed(got.error(), trouble);
    if (*got == 0) return Taken::kChanged;  // shorter than it was
    have += *got;
  }
  reply.rest_first += bytes;
  reply.rest_bytes -= bytes;
  if (reply.rest_bytes > 0) return Taken::kYes;
  const Result<bool> same = file.unchanged();
  if (!same.ok()) return failed(same.error(), trouble);
  return *same ? Taken::kYes : Taken::kChanged;
}

// What is to be sent at once goes to the body. The file stays only where more is left in it.
Taken begin_body(const FileQuery& query, const FileReplyLimits& limits, FileReply& reply,
                 std::string& trouble) {
  if (query.head) reply.rest_bytes = 0;
  const bool whole = reply.rest_bytes <= limits.whole_bytes_max;
  const std::uint64_t ahead =
      whole ? reply.rest_bytes : std::min(limits.ahead_bytes, reply.rest_bytes);
  if (ahead > 0)
    if (const Taken taken = take(*reply.file, ahead, reply, trouble); taken != Taken::kYes)
      return taken;
  if (reply.rest_bytes == 0) reply.file.reset();
  return Taken::kYes;
}

Taken try_once(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
               FileReply& reply, std::string& trouble) {
  reply.clear();
  const std::string name = name_of(query);
  Result<std::unique_ptr<VolumeFile>> opened = volume.open(name);
  if (!opened.ok()) return fail_open(opened.error(), reply, trouble), Taken::kYes;
  reply.file = std::move(opened).value();
  if (reply.file->status().type == FileStatus::Type::kFolder) {
    if (query.path.folder)
      fail(reply, 404, "there is no such file here");
    else
      redirect_to_folder(query, reply);
    return Taken::kYes;
  }
  decide(query, name, reply);
  return begin_body(query, limits, reply, trouble);
}

}  // namespace

void FileReply::clear() {
  status = 0;
  why = {};
  fields.clear();
  body.clear();
  length = rest_first = rest_bytes = 0;
  file.reset();
}

void look_up(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
             FileReply& reply, std::string& trouble) {
  trouble.clear();
  for (int i = 0; i < kTries; ++i) switch (try_once(volume, query, limits, reply, trouble)) {
      case Taken::kYes:
        return;
      case Taken::kFailed:
        return fail_unwell(reply);
      case Taken::kChanged:
        break;
    }
  trouble = query.path.name + " changes faster than it can be read";
  fail_unwell(reply);
}

}  // namespace bramble
