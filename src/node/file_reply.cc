// SPDX-License-Identifier: Apache-2.0
#include "node/file_reply.hh"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "http/date.hh"
#include "http/range.hh"
#include "node/media_type.hh"

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
    case EAGAIN:
      return reply.clear();
    case EACCES:
      return fail(reply, 403, "this file may not be read");
    default:
      trouble = error.what;
      return fail_unwell(reply);
  }
}

void redirect_to_folder(const FileQuery& query, FileReply& reply) {
  reply.status = 301;
  reply.why = "this is a folder: its address ends with a slash";
  reply.fields = "Location: " + encode_path(query.path.name) + "/";
  if (!query.query.empty()) reply.fields.append("?").append(query.query);
  reply.fields += "\r\n";
}

std::string name_of(const FileQuery& query) {
  if (!query.path.folder) return query.path.name;
  if (query.path.name.empty()) return std::string(kIndex);
  return query.path.name + "/" + std::string(kIndex);
}

void write_fields(std::string_view name, const http::Validators& validators, FileReply& reply) {
  const http::DateText modified = http::format_date(validators.modified);
  std::string& fields = reply.fields;
  if (reply.status != 304)
    fields.append("Content-Type: ").append(media_type_of(name)).append("\r\n");
  fields.append("ETag: ").append(validators.etag).append("\r\nLast-Modified: ");
  fields.append(modified.data(), modified.size()).append("\r\nAccept-Ranges: bytes\r\n");
}

http::RangeChoice range_of(const FileQuery& query, const http::Validators& validators,
                           std::uint64_t size) {
  if (query.head || !http::range_applies(query.conditions, validators, query.now)) return {};
  return http::choose_range(query.conditions.range, size);
}

// Status and fields; the part of the file that the body is goes to rest_first and rest_bytes.
void decide(const FileQuery& query, std::string_view name, const FileStatus& status,
            FileReply& reply) {
  const std::string etag = "\"" + status.version + "\"";
  const http::Validators validators{.etag = etag, .modified = status.modified.tv_sec};
  switch (http::evaluate(query.conditions, validators, query.now)) {
    case http::ConditionOutcome::kFailed:
      return fail(reply, 412, "the file is not what the request expects");
    case http::ConditionOutcome::kNotModified:
      reply.status = 304;
      return write_fields(name, validators, reply);
    case http::ConditionOutcome::kGoOn:
      break;
  }
  const std::string size = std::to_string(status.size);
  const http::RangeChoice range = range_of(query, validators, status.size);
  if (range.kind == http::RangeChoice::Kind::kUnsatisfiable) {
    fail(reply, 416, "the file is shorter than that");
    reply.fields = "Content-Range: bytes */" + size + "\r\n";
    return;
  }
  const bool part = range.kind == http::RangeChoice::Kind::kPart;
  reply.status = part ? 206 : 200;
  reply.rest_first = range.first;
  reply.length = reply.rest_bytes = part ? range.bytes : status.size;
  write_fields(name, validators, reply);
  if (part)
    reply.fields += "Content-Range: bytes " + std::to_string(range.first) + "-" +
                    std::to_string(range.first + range.bytes - 1) + "/" + size + "\r\n";
}

enum class Taken : std::uint8_t { kYes, kChanged, kFailed, kNotAtHand };

// A file that was removed or replaced after it was found is to be looked up again, as one that
// changed: its name may lead to a new one.
Taken failed(const Error& error, std::string& trouble) {
  if (error.code == ESTALE || error.code == ENOENT) return Taken::kChanged;
  if (error.code == EAGAIN) return Taken::kNotAtHand;
  trouble = error.what;
  return Taken::kFailed;
}

// Reads the first bytes of the rest to the body.
Taken take(VolumeFile& file, std::uint64_t bytes, FileReply& reply, std::string& trouble) {
  if (const std::string_view content = file.content();
      bytes == reply.rest_bytes && content.size() >= reply.rest_first + bytes) {
    reply.held = content.substr(reply.rest_first, bytes);
    reply.rest_bytes = 0;
    return Taken::kYes;
  }
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

Taken try_once(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
               FileReply& reply, std::string& trouble) {
  reply.clear();
  const std::string name = name_of(query);
  Result<std::unique_ptr<VolumeFile>> opened = volume.open(name);
  if (!opened.ok()) return fail_open(opened.error(), reply, trouble), Taken::kYes;
  std::unique_ptr<VolumeFile> file = std::move(opened).value();
  if (file->status().type == FileStatus::Type::kFolder) {
    if (query.path.folder)
      fail(reply, 404, "there is no such file here");
    else
      redirect_to_folder(query, reply);
    return Taken::kYes;
  }
  decide(query, name, file->status(), reply);
  if (query.head) reply.rest_bytes = 0;
  if (reply.rest_bytes == 0) return Taken::kYes;
  const bool whole = reply.rest_bytes <= limits.whole_bytes_max;
  const std::uint64_t ahead = whole ? reply.rest_bytes
                              : file->descriptor() >= 0
                                  ? 0  // sendfile has all of it
                                  : std::min(limits.ahead_bytes, reply.rest_bytes);
  if (ahead > 0)
    if (const Taken taken = take(*file, ahead, reply, trouble); taken != Taken::kYes) return taken;
  if (reply.rest_bytes > 0 || !reply.held.empty()) reply.file = std::move(file);
  return Taken::kYes;
}

}  // namespace

void FileReply::clear() {
  status = 0;
  why = {};
  fields.clear();
  body.clear();
  held = {};
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
      case Taken::kNotAtHand:
        return reply.clear();
      case Taken::kChanged:
        break;
    }
  trouble = query.path.name + " changes faster than it can be read";
  fail_unwell(reply);
}

}  // namespace bramble
