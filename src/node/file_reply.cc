// SPDX-License-Identifier: Apache-2.0
#include "node/file_reply.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "http/date.hh"
#include "http/range.hh"
#include "node/listing.hh"
#include "node/media_type.hh"
#include "node/multipart_file.hh"
#include "node/representation.hh"
#include "node/site_choices.hh"

namespace bramble {
namespace {

constexpr int kTries = 3;                   // where a file changes or is replaced while it is read
constexpr std::size_t kListedMax = 10'000;  // entries of a folder
constexpr std::uint64_t kErrorPageBytesMax = 256 * 1024;

enum class Taken : std::uint8_t { kYes, kChanged, kFailed, kNotAtHand };

void fail(FileReply& reply, int status, std::string_view why) {
  reply.clear();
  reply.status = status;
  reply.why = why;
}

void fail_unwell(FileReply& reply) {
  fail(reply, 503, "the files cannot be read now");
  reply.fields = "Retry-After: 1\r\n";
}

bool is_nowhere(const Error& error) {
  return error.code == ENOENT || error.code == ENOTDIR || error.code == ELOOP ||
         error.code == ENAMETOOLONG;
}

// One look for one request: a phase of it a function.
class LookUp {
 public:
  LookUp(Volume& volume, const FileQuery& query, const FileReplyLimits& limits, FileReply& reply,
         std::string& trouble)
      : volume_(volume),
        query_(query),
        site_(*query.site),
        limits_(limits),
        reply_(reply),
        trouble_(trouble) {}

  void run();

 private:
  void leave_to_worker();
  Taken find_file();
  Taken try_name(const std::string& name);
  bool list_folder();
  void follow_link(FolderEntry& entry);
  void fail_open(const Error& error);
  void redirect_to_folder();

  Taken answer_file(const std::string& name, std::unique_ptr<VolumeFile> file);
  Taken answer_coded(Representation form, const std::string& name);
  bool may_vary(std::string_view type) const;
  CodingWish wish() const;
  http::Validators validators_of(const Representation& form) const;
  bool conditions_stop(const Representation& form);
  void decide(Representation form);
  http::RangeChoice range_of(const Representation& form) const;
  void answer_whole(std::uint64_t size);
  void answer_parts(const std::vector<http::RangePart>& parts);
  Taken begin_body();
  Taken take(std::uint64_t bytes);
  Taken failed(const Error& error);

  void finish_refusal();
  Taken use_error_page();

  std::string in_volume(std::string_view name) const;

  Volume& volume_;
  const FileQuery& query_;
  const SiteOptions& site_;
  const FileReplyLimits& limits_;
  FileReply& reply_;
  std::string& trouble_;
  bool found_ = false;         // a name led somewhere
  std::string path_;           // of the file that answers
  std::string_view type_;      // its media type
  std::string common_fields_;  // of all its answers but 4xx
};

void LookUp::run() {
  trouble_.clear();
  Taken taken = Taken::kChanged;
  for (int i = 0; i < kTries && taken == Taken::kChanged; ++i) taken = find_file();
  if (taken == Taken::kNotAtHand) return leave_to_worker();
  if (taken == Taken::kChanged) trouble_ = query_.path.name + " changes faster than it can be read";
  if (taken != Taken::kYes) fail_unwell(reply_);
  if (!reply_.why.empty()) finish_refusal();
}

void LookUp::leave_to_worker() {
  reply_.clear();
  reply_.needs_worker = true;
}

std::string LookUp::in_volume(std::string_view name) const {
  if (site_.root == "/") return std::string(name);
  const std::string root = site_.root.substr(1);
  return name.empty() ? root : root + "/" + std::string(name);
}

Taken LookUp::find_file() {
  found_ = false;
  if (query_.refusal.status != 0) {
    fail(reply_, query_.refusal.status, query_.refusal.why);
    reply_.fields = query_.refusal.fields;
    return Taken::kYes;
  }
  for (const std::string& name : names_to_try(site_, query_.path))
    if (const Taken taken = try_name(name); found_ || taken != Taken::kYes) return taken;
  if (site_.listing != Listing::kOff && query_.path.folder && list_folder()) return Taken::kYes;
  if (const std::string_view fallback = fallback_name(site_, query_.path); !fallback.empty())
    if (const Taken taken = try_name(std::string(fallback)); found_ || taken != Taken::kYes)
      return taken;
  fail(reply_, 404, "there is no such file here");
  return Taken::kYes;
}

// found_ stays false where the next name is to be tried.
Taken LookUp::try_name(const std::string& name) {
  Result<std::unique_ptr<VolumeFile>> opened = volume_.open(in_volume(name));
  if (!opened.ok() && is_nowhere(opened.error())) return Taken::kYes;
  if (!opened.ok() && opened.error().code == EAGAIN) return Taken::kNotAtHand;
  if (!opened.ok()) return fail_open(opened.error()), Taken::kYes;
  std::unique_ptr<VolumeFile> file = std::move(opened).value();
  if (file->status().type == FileStatus::Type::kFile) return answer_file(name, std::move(file));
  if (!query_.path.folder && name == query_.path.name) redirect_to_folder();
  return Taken::kYes;
}

void LookUp::fail_open(const Error& error) {
  found_ = true;
  if (error.code == EACCES) return fail(reply_, 403, "this file may not be read");
  trouble_ = error.what;
  fail_unwell(reply_);
}

// False where there is no such folder.
bool LookUp::list_folder() {
  reply_.clear();
  if (!limits_.may_take_time) return reply_.needs_worker = true;
  Result<FolderListing> listing = volume_.list(in_volume(query_.path.name), kListedMax);
  if (!listing.ok() && is_nowhere(listing.error())) return false;
  if (!listing.ok()) return fail_open(listing.error()), true;
  for (FolderEntry& entry : listing->entries)
    if (entry.kind == FolderEntry::Kind::kLink) follow_link(entry);
  arrange(*listing);
  path_ = path_of(query_.path);
  const bool json = site_.listing == Listing::kJson;
  reply_.status = 200;
  reply_.body = json ? listing_json(path_, *listing) : listing_html(path_, *listing);
  reply_.length = reply_.body.size();
  if (query_.head) reply_.body.clear();
  reply_.fields =
      fmt::format("Content-Type: {}\r\n", json ? "application/json" : "text/html; charset=utf-8");
  append_headers(site_, path_, reply_.fields);
  append_caching(site_, path_, reply_.fields);
  return true;
}

// A link becomes what it leads to; one that leads out, or nowhere, stays one, and is not told.
void LookUp::follow_link(FolderEntry& entry) {
  const std::string folder = in_volume(query_.path.name);
  const Result<std::unique_ptr<VolumeFile>> target =
      volume_.open(folder.empty() ? entry.name : folder + "/" + entry.name);
  if (!target.ok()) return;
  const FileStatus& status = (*target)->status();
  entry.kind = status.type == FileStatus::Type::kFolder ? FolderEntry::Kind::kFolder
                                                        : FolderEntry::Kind::kFile;
  entry.size = status.size;
  entry.modified = status.modified;
}

void LookUp::redirect_to_folder() {
  found_ = true;
  fail(reply_, 301, "this is a folder: its address ends with a slash");
  reply_.fields = "Location: " + encode_path(query_.path.name) + "/";
  if (!query_.query.empty()) reply_.fields.append("?").append(query_.query);
  reply_.fields += "\r\n";
}

Taken LookUp::answer_file(const std::string& name, std::unique_ptr<VolumeFile> file) {
  found_ = true;
  reply_.clear();
  path_ = "/" + name;
  type_ = type_of(site_, path_);
  common_fields_.clear();
  append_headers(site_, path_, common_fields_);
  append_caching(site_, path_, common_fields_);
  if (!may_vary(type_)) return decide(as_it_is(std::move(file))), begin_body();
  common_fields_ += "Vary: Accept-Encoding\r\n";
  const std::string in_volume_name = in_volume(name);
  Representation form = choose_representation(volume_, in_volume_name, std::move(file), wish());
  if (form.file == nullptr) return Taken::kNotAtHand;
  if (form.to_be_coded) return answer_coded(std::move(form), in_volume_name);
  return decide(std::move(form)), begin_body();
}

bool LookUp::may_vary(std::string_view type) const {
  return is_compressible(type) &&
         (site_.precompressed || (site_.compress && limits_.coded != nullptr));
}

// What is coded here has no bytes that a range could count on.
CodingWish LookUp::wish() const {
  return {
      .accepted = query_.codings,
      .precompressed = site_.precompressed,
      .compress = site_.compress && limits_.coded != nullptr && query_.conditions.range.empty()};
}

Taken LookUp::answer_coded(Representation form, const std::string& name) {
  if (conditions_stop(form)) return Taken::kYes;
  switch (code(form, name, *limits_.coded, limits_.may_take_time, trouble_)) {
    case Coding::kDone:
      reply_.in_memory = true;
      break;
    case Coding::kNoShorter:
      form = as_it_is(std::move(form.file));
      break;
    case Coding::kNotNow:
      return Taken::kNotAtHand;
    case Coding::kChanged:
      return Taken::kChanged;
    case Coding::kFailed:
      return Taken::kFailed;
  }
  return decide(std::move(form)), begin_body();
}

// A time that is yet to come would not be one of modification (RFC 9110 §8.8.2.1).
http::Validators LookUp::validators_of(const Representation& form) const {
  return {.etag = form.etag,
          .modified = std::min<std::int64_t>(form.file->status().modified.tv_sec, query_.now)};
}

// 304 or 412.
bool LookUp::conditions_stop(const Representation& form) {
  const http::Validators validators = validators_of(form);
  const http::ConditionOutcome outcome = http::evaluate(query_.conditions, validators, query_.now);
  if (outcome == http::ConditionOutcome::kFailed) {
    fail(reply_, 412, "the file is not what the request expects");
    return true;
  }
  const http::DateText modified = http::format_date(validators.modified);
  reply_.fields = "ETag: " + form.etag + "\r\nLast-Modified: ";
  reply_.fields.append(modified.data(), modified.size()).append("\r\n").append(common_fields_);
  if (outcome == http::ConditionOutcome::kGoOn) return false;
  reply_.status = 304;
  return true;
}

// Status and fields; the part of the file that the body is goes to rest_first and rest_bytes.
void LookUp::decide(Representation form) {
  if (conditions_stop(form)) return;
  const http::RangeChoice range = range_of(form);
  const std::uint64_t size = form.file->status().size;
  const bool coded = form.coding != http::ContentCoding::kIdentity;
  if (range.kind == http::RangeChoice::Kind::kUnsatisfiable) {
    fail(reply_, 416, "the file is shorter than that");
    reply_.fields = fmt::format("Content-Range: bytes */{}\r\n", size);
    return;
  }
  if (coded)
    reply_.fields.append("Content-Encoding: ").append(http::name_of(form.coding)) += "\r\n";
  if (!reply_.in_memory) reply_.fields += "Accept-Ranges: bytes\r\n";
  reply_.file = std::move(form.file);
  // Of a coded file, several parts could not be told from a coded body of parts.
  const bool whole =
      range.kind == http::RangeChoice::Kind::kWhole || (coded && range.parts.size() > 1);
  return whole ? answer_whole(size) : answer_parts(range.parts);
}

http::RangeChoice LookUp::range_of(const Representation& form) const {
  if (query_.head || !http::range_applies(query_.conditions, validators_of(form), query_.now))
    return {};
  return http::choose_ranges(query_.conditions.range, form.file->status().size);
}

void LookUp::answer_whole(std::uint64_t size) {
  reply_.status = 200;
  reply_.length = reply_.rest_bytes = size;
  reply_.fields.append("Content-Type: ").append(type_).append("\r\n");
}

// One part is answered as itself, several as a multipart body.
void LookUp::answer_parts(const std::vector<http::RangePart>& parts) {
  reply_.status = 206;
  if (parts.size() == 1) {
    const http::RangePart& part = parts.front();
    reply_.rest_first = part.first;
    reply_.length = reply_.rest_bytes = part.bytes;
    reply_.fields +=
        fmt::format("Content-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n", type_, part.first,
                    part.first + part.bytes - 1, reply_.file->status().size);
    return;
  }
  const std::string boundary = multipart_boundary();
  reply_.fields += fmt::format("Content-Type: multipart/byteranges; boundary={}\r\n", boundary);
  auto body = std::make_unique<MultipartFile>(
      std::move(reply_.file), parts,
      MultipartFile::Layout{.media_type = type_, .boundary = boundary});
  reply_.length = reply_.rest_bytes = body->bytes();
  reply_.file = std::move(body);
}

// What is to be sent at once goes to the body. The file stays only where more is left in it.
Taken LookUp::begin_body() {
  if (query_.head) reply_.rest_bytes = 0;
  if (reply_.rest_bytes > 0 && !reply_.file->readable()) return Taken::kNotAtHand;
  const bool whole = reply_.rest_bytes <= limits_.whole_bytes_max;
  const std::uint64_t ahead = whole ? reply_.rest_bytes
                              : reply_.file != nullptr && reply_.file->descriptor() >= 0
                                  ? 0  // sendfile has all of it
                                  : std::min(limits_.ahead_bytes, reply_.rest_bytes);
  if (ahead > 0)
    if (const Taken taken = take(ahead); taken != Taken::kYes) return taken;
  if (reply_.rest_bytes == 0 && reply_.held.empty()) reply_.file.reset();
  return Taken::kYes;
}

// A file that was removed or replaced after it was found is to be looked up again, as one that
// changed: its name may lead to a new one.
Taken LookUp::failed(const Error& error) {
  if (error.code == ESTALE || error.code == ENOENT) return Taken::kChanged;
  if (error.code == EAGAIN) return Taken::kNotAtHand;
  trouble_ = error.what;
  return Taken::kFailed;
}

// Reads the first bytes of the rest to the body.
Taken LookUp::take(std::uint64_t bytes) {
  if (const std::string_view content = reply_.file->content();
      bytes == reply_.rest_bytes && content.size() >= reply_.rest_first + bytes) {
    reply_.held = content.substr(reply_.rest_first, bytes);
    reply_.rest_bytes = 0;
    return Taken::kYes;
  }
  reply_.body.resize(bytes);
  for (std::size_t have = 0; have < bytes;) {
    const Result<std::size_t> got =
        reply_.file->read(reply_.rest_first + have, std::span(reply_.body).subspan(have));
    if (!got.ok()) return failed(got.error());
    if (*got == 0) return Taken::kChanged;  // shorter than it was
    have += *got;
  }
  reply_.rest_first += bytes;
  reply_.rest_bytes -= bytes;
  if (reply_.rest_bytes > 0) return Taken::kYes;
  const Result<bool> same = reply_.file->unchanged();
  if (!same.ok()) return failed(same.error());
  return *same ? Taken::kYes : Taken::kChanged;
}

void LookUp::finish_refusal() {
  append_headers(site_, path_of(query_.path), reply_.fields);
  if (reply_.status < 400) return;
  switch (use_error_page()) {
    case Taken::kYes:
      reply_.why = {};
      break;
    case Taken::kNotAtHand:
      return leave_to_worker();
    case Taken::kChanged:
    case Taken::kFailed:
      break;
  }
}

// Failed also where the site has none: then a line of text must do.
Taken LookUp::use_error_page() {
  const std::string name(error_page_name(site_, reply_.status));
  if (name.empty()) return Taken::kFailed;
  Result<std::unique_ptr<VolumeFile>> page = volume_.open(in_volume(name));
  if (!page.ok() && page.error().code == EAGAIN) return Taken::kNotAtHand;
  if (!page.ok() || (*page)->status().type != FileStatus::Type::kFile) return Taken::kFailed;
  reply_.file = std::move(page).value();
  reply_.rest_first = 0;
  reply_.rest_bytes = reply_.length = reply_.file->status().size;
  const Taken taken = reply_.length <= kErrorPageBytesMax ? take(reply_.length) : Taken::kFailed;
  reply_.body.append(reply_.held);
  reply_.held = {};
  reply_.file.reset();
  reply_.rest_bytes = 0;
  if (taken != Taken::kYes) return reply_.body.clear(), taken;
  if (query_.head) reply_.body.clear();
  reply_.fields.append("Content-Type: ").append(type_of(site_, "/" + name)).append("\r\n");
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
  needs_worker = in_memory = false;
  file.reset();
}

void look_up(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
             FileReply& reply, std::string& trouble) {
  LookUp(volume, query, limits, reply, trouble).run();
}

}  // namespace bramble
