// SPDX-License-Identifier: Apache-2.0
#include "node/file_answer.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "http/date.hh"
#include "http/response_writer.hh"
#include "node/media_type.hh"
#include "node/multipart_file.hh"
#include "node/site_choices.hh"

namespace bramble {

Taken FileAnswer::give(const Names& names, std::unique_ptr<VolumeFile> file) {
  reply_.clear();
  const SiteOptions& site = *query_.site;
  const bool may_be_coded = !query_.codings.in_order().empty();
  if (!may_be_coded && give_kept(names, http::ContentCoding::kIdentity, *file)) return Taken::kYes;
  type_ = type_of(site, names.site_name);
  const bool varies = may_vary(type_);
  Representation form =
      varies ? choose_representation(volume_, names.volume_name, std::move(file), wish())
             : as_it_is(std::move(file));
  if (form.file == nullptr) return Taken::kNotAtHand;
  if (needs_coding(form))
    if (const Taken coded = code_here(form, names.volume_name); coded != Taken::kYes) return coded;
  if (may_be_coded && give_kept(names, form.coding, *form.file)) return Taken::kYes;
  append_headers(site, names.site_name, reply_.fields);
  append_caching(site, names.site_name, reply_.fields);
  if (varies) reply_.fields.append("Vary: Accept-Encoding\r\n");
  const http::ContentCoding coding = form.coding;
  decide(std::move(form));
  const Taken taken = begin_body();
  if (taken == Taken::kYes) keep(names, coding);
  return taken;
}

// A content is told apart from others by where it lies: of one, only its names have to be.
std::uint64_t FileAnswer::key_of(const Names& names, http::ContentCoding coding) const {
  const std::uint64_t name = std::hash<std::string_view>()(names.site_name);
  return name ^ std::hash<const void*>()(query_.site) ^ static_cast<std::uint64_t>(coding);
}

// What the file was answered with before, where nothing of the request makes it another answer.
bool FileAnswer::give_kept(const Names& names, http::ContentCoding coding, const VolumeFile& file) {
  if (query_.head || !query_.conditions.empty() || is_of_the_future(file)) return false;
  std::shared_ptr<const HeadedBytes> bytes = file.headed();
  if (bytes == nullptr || !bytes->keeps_lines(key_of(names, coding))) return false;
  reply_.status = 200;
  reply_.length = bytes->size();
  reply_.kept = std::move(bytes);
  return true;
}

// For give_kept.
void FileAnswer::keep(const Names& names, http::ContentCoding coding) const {
  if (reply_.status != 200 || reply_.held.empty() || is_of_the_future(*reply_.file)) return;
  const std::shared_ptr<const HeadedBytes> bytes = reply_.file->headed();
  if (bytes == nullptr || bytes->keeps_lines() || bytes->size() > kSentWithHeadMax) return;
  TextBuffer lines;
  lines.append(reply_.fields.text());
  http::end_head(lines, bytes->size());
  bytes->keep(key_of(names, coding), lines.text());
}

// Then the time of modification that is told changes from one second to the next.
bool FileAnswer::is_of_the_future(const VolumeFile& file) const {
  return file.status().modified.tv_sec > query_.now;
}

bool FileAnswer::may_vary(std::string_view type) const {
  return is_compressible(type) &&
         (query_.site->precompressed || (query_.site->compress && limits_.coded != nullptr));
}

// What is coded here has no bytes that a range could count on.
CodingWish FileAnswer::wish() const {
  return {.accepted = query_.codings,
          .precompressed = query_.site->precompressed,
          .compress =
              query_.site->compress && limits_.coded != nullptr && query_.conditions.range.empty()};
}

// What gets no shorter is given with another tag, by which If-Match has to be judged then; all
// other conditions need no coding.
bool FileAnswer::needs_coding(const Representation& form) const {
  return form.to_be_coded && (!query_.conditions.if_match.empty() ||
                              http::evaluate(query_.conditions, validators_of(form), query_.now) ==
                                  http::ConditionOutcome::kGoOn);
}

Taken FileAnswer::code_here(Representation& form, std::string_view name) {
  switch (code(form, name, *limits_.coded, limits_.may_take_time, trouble_)) {
    case Coding::kDone:
      reply_.coded_here = true;
      break;
    case Coding::kAsItIs:
      form = as_it_is(std::move(form.file));
      break;
    case Coding::kNotNow:
      return Taken::kNotAtHand;
    case Coding::kChanged:
      return Taken::kChanged;
    case Coding::kFailed:
      return Taken::kFailed;
  }
  return Taken::kYes;
}

// A time that is yet to come would not be one of modification (RFC 9110 §8.8.2.1).
http::Validators FileAnswer::validators_of(const Representation& form) const {
  return {.etag = form.etag.text(),
          .modified = std::min<std::int64_t>(form.file->status().modified.tv_sec, query_.now)};
}

// 304 or 412.
bool FileAnswer::conditions_stop(const Representation& form) {
  const http::Validators validators = validators_of(form);
  const http::ConditionOutcome outcome = http::evaluate(query_.conditions, validators, query_.now);
  if (outcome == http::ConditionOutcome::kFailed) {
    reply_.fail(412, "the file is not what the request expects");
    return true;
  }
  const http::DateText modified = http::format_date(validators.modified);
  reply_.fields.append("ETag: ", validators.etag,
                       "\r\nLast-Modified: ", std::string_view(modified.data(), modified.size()),
                       "\r\n");
  if (outcome == http::ConditionOutcome::kGoOn) return false;
  reply_.status = 304;
  return true;
}

// Status and fields; the part of the file that the body is goes to rest_first and rest_bytes.
void FileAnswer::decide(Representation form) {
  if (conditions_stop(form)) return;
  const http::RangeChoice range = range_of(form);
  const std::uint64_t size = form.file->status().size;
  const bool coded = form.coding != http::ContentCoding::kIdentity;
  if (range.kind == http::RangeChoice::Kind::kUnsatisfiable) {
    reply_.fail(416, "the file is shorter than that");
    reply_.fields.assign("Content-Range: bytes */").append_number(size).append("\r\n");
    return;
  }
  if (coded) reply_.fields.append("Content-Encoding: ", http::name_of(form.coding), "\r\n");
  if (!reply_.coded_here) reply_.fields.append("Accept-Ranges: bytes\r\n");
  reply_.file = std::move(form.file);
  // Of a coded file, several parts could not be told from a coded body of parts.
  const bool whole =
      range.kind == http::RangeChoice::Kind::kWhole || (coded && range.parts.size() > 1);
  return whole ? give_whole(size) : give_parts(range.parts);
}

http::RangeChoice FileAnswer::range_of(const Representation& form) const {
  if (query_.head || !http::range_applies(query_.conditions, validators_of(form), query_.now))
    return {};
  return http::choose_ranges(query_.conditions.range, form.file->status().size);
}

void FileAnswer::give_whole(std::uint64_t size) {
  reply_.status = 200;
  reply_.length = reply_.rest_bytes = size;
  reply_.fields.append("Content-Type: ", type_, "\r\n");
}

// One part is answered as itself, several as a multipart body.
void FileAnswer::give_parts(const std::vector<http::RangePart>& parts) {
  reply_.status = 206;
  if (parts.size() == 1) {
    const http::RangePart& part = parts.front();
    reply_.rest_first = part.first;
    reply_.length = reply_.rest_bytes = part.bytes;
    reply_.fields.append(fmt::format("Content-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n", type_,
                                     part.first, part.first + part.bytes - 1,
                                     reply_.file->status().size));
    return;
  }
  const std::string boundary = multipart_boundary();
  reply_.fields.append("Content-Type: multipart/byteranges; boundary=", boundary, "\r\n");
  auto body = std::make_unique<MultipartFile>(
      std::move(reply_.file), parts,
      MultipartFile::Layout{.media_type = type_, .boundary = boundary});
  reply_.length = reply_.rest_bytes = body->bytes();
  reply_.file = std::move(body);
}

// What is to be sent at once goes to the body. The file stays only where more is left in it.
Taken FileAnswer::begin_body() {
  if (query_.head) reply_.rest_bytes = 0;
  if (reply_.rest_bytes > 0 && !reply_.file->readable()) return Taken::kNotAtHand;
  const bool whole = reply_.rest_bytes <= limits_.whole_bytes_max ||
                     !reply_.file->content().empty();  // then nothing is read
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
Taken FileAnswer::failed(const Error& error) {
  if (error.code == ESTALE || error.code == ENOENT) return Taken::kChanged;
  if (error.code == EAGAIN) return Taken::kNotAtHand;
  trouble_ = error.what;
  return Taken::kFailed;
}

// Reads the first bytes of the rest to the body.
Taken FileAnswer::take(std::uint64_t bytes) {
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

}  // namespace bramble
