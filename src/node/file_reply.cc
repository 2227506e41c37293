// SPDX-License-Identifier: Apache-2.0
#include "node/file_reply.hh"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/clock.hh"
#include "node/file_answer.hh"
#include "node/listing.hh"
#include "node/media_type.hh"
#include "node/site_choices.hh"

namespace bramble {
namespace {

constexpr int kTries = 3;                   // where a file changes or is replaced while it is read
constexpr std::size_t kListedMax = 10'000;  // entries of a folder
constexpr std::uint64_t kErrorPageBytesMax = 256 * 1024;

void fail_unwell(FileReply& reply) {
  reply.fail(503, "the files cannot be read now");
  reply.fields.assign("Retry-After: 1\r\n");
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
        trouble_(trouble),
        answer_(volume, query, limits, reply, trouble) {}

  void run();

 private:
  void leave_to_worker();
  Taken find_file();
  Taken try_name(const std::string& name);
  bool lock(std::string_view path);
  bool list_folder();
  void follow_links(FolderListing& listing, Monotonic until);
  void follow_link(FolderEntry& entry);
  void fail_open(const Error& error);
  void redirect_to_folder();

  void finish_refusal();
  Taken use_error_page();

  std::string in_volume(std::string_view name) const;
  FileAnswer::Names names_of(std::string_view name);

  Volume& volume_;
  const FileQuery& query_;
  const SiteOptions& site_;
  const FileReplyLimits& limits_;
  FileReply& reply_;
  std::string& trouble_;
  FileAnswer answer_;
  bool found_ = false;  // a name led somewhere
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

// Both in the reply's memory, which it keeps: valid until the next name's.
FileAnswer::Names LookUp::names_of(std::string_view name) {
  const std::string_view root = site_.root == "/" ? std::string_view() : site_.root;
  reply_.name.assign(root).append("/").append(name);
  const std::string_view whole = reply_.name;
  return {.site_name = whole.substr(whole.size() - name.size() - 1),
          .volume_name = name.empty() ? std::string_view(site_.root).substr(1) : whole.substr(1)};
}

Taken LookUp::find_file() {
  found_ = false;
  if (query_.refusal.status != 0) {
    reply_.fail(query_.refusal.status, query_.refusal.why);
    reply_.fields.assign(query_.refusal.fields);
    return Taken::kYes;
  }
  if (!site_.auth.empty() && lock(path_of(query_.path))) return Taken::kYes;
  Taken taken = Taken::kYes;
  const auto answers = [&](const std::string& name) {
    taken = try_name(name);
    return found_ || taken != Taken::kYes;
  };
  if (try_names(site_, query_.path, answers)) return taken;
  if (site_.listing != Listing::kOff && query_.path.folder && list_folder()) return Taken::kYes;
  if (const std::string_view fallback = fallback_name(site_, query_.path); !fallback.empty())
    if (answers(std::string(fallback))) return taken;
  reply_.fail(404, "there is no such file here");
  return Taken::kYes;
}

// found_ stays false where the next name is to be tried.
Taken LookUp::try_name(const std::string& name) {
  const FileAnswer::Names names = names_of(name);
  Result<std::unique_ptr<VolumeFile>> opened = volume_.open(names.volume_name);
  if (!opened.ok() && is_nowhere(opened.error())) return Taken::kYes;
  if (!opened.ok() && opened.error().code == EAGAIN) return Taken::kNotAtHand;
  if (!opened.ok()) return fail_open(opened.error()), Taken::kYes;
  std::unique_ptr<VolumeFile> file = std::move(opened).value();
  if (file->status().type == FileStatus::Type::kFile) {
    found_ = true;
    if (lock(names.site_name)) return Taken::kYes;
    return answer_.give(names, std::move(file));
  }
  if (!query_.path.folder && name == query_.path.name) redirect_to_folder();
  return Taken::kYes;
}

// Whether a password is lacking for it.
bool LookUp::lock(std::string_view path) {
  const SiteAuth* const lacking = auth_lacking(site_, path, query_.let_in);
  if (lacking == nullptr) return false;
  reply_.clear();
  reply_.locked_by = lacking;
  return true;
}

void LookUp::fail_open(const Error& error) {
  found_ = true;
  if (error.code == EACCES) return reply_.fail(403, "this file may not be read");
  trouble_ = error.what;
  fail_unwell(reply_);
}

// False where there is no such folder.
bool LookUp::list_folder() {
  reply_.clear();
  if (!limits_.may_take_time) return reply_.needs_worker = true;
  const Monotonic until = SystemClock().now() + limits_.listing_time;
  Result<FolderListing> listing = volume_.list(in_volume(query_.path.name), {kListedMax, until});
  if (!listing.ok() && is_nowhere(listing.error())) return false;
  if (!listing.ok()) return fail_open(listing.error()), true;
  if (listing->entries.empty() && listing->more) {
    fail_open({.code = ETIMEDOUT, .what = "no entry of a folder came in time"});
    return true;
  }
  follow_links(*listing, SystemClock().now() + limits_.links_time);
  arrange(*listing);
  const std::string path = path_of(query_.path);
  const bool json = site_.listing == Listing::kJson;
  reply_.status = 200;
  reply_.body = json ? listing_json(path, *listing) : listing_html(path, *listing);
  reply_.length = reply_.body.size();
  if (query_.head) reply_.body.clear();
  reply_.fields.assign("Content-Type: ", json ? "application/json" : "text/html; charset=utf-8",
                       "\r\n");
  append_headers(site_, path, reply_.fields);
  append_caching(site_, path, reply_.fields);
  return true;
}

// Each may ask the volume: when it is time to answer, the others are left out.
void LookUp::follow_links(FolderListing& listing, Monotonic until) {
  for (FolderEntry& entry : listing.entries) {
    if (entry.kind != FolderEntry::Kind::kLink || is_hidden(entry)) continue;
    if (SystemClock().now() >= until) return listing.more = true, void();
    follow_link(entry);
  }
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
  reply_.fail(301, "this is a folder: its address ends with a slash");
  reply_.fields.assign("Location: ", encode_path(query_.path.name), "/");
  if (!query_.query.empty()) reply_.fields.append("?", query_.query);
  reply_.fields.append("\r\n");
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
  const Taken taken =
      reply_.length <= kErrorPageBytesMax ? answer_.take(reply_.length) : Taken::kFailed;
  reply_.body.append(reply_.held);
  reply_.held = {};
  reply_.file.reset();
  reply_.rest_bytes = 0;
  if (taken != Taken::kYes) return reply_.body.clear(), taken;
  if (query_.head) reply_.body.clear();
  reply_.fields.append("Content-Type: ", type_of(site_, "/" + name), "\r\n");
  return Taken::kYes;
}

}  // namespace

void FileReply::clear() {
  status = 0;
  why = {};
  fields.clear();
  body.clear();
  held = {};
  kept.reset();
  length = rest_first = rest_bytes = 0;
  needs_worker = coded_here = false;
  locked_by = nullptr;
  file.reset();
}

void FileReply::fail(int its_status, std::string_view reason) {
  clear();
  status = its_status;
  why = reason;
}

void look_up(Volume& volume, const FileQuery& query, const FileReplyLimits& limits,
             FileReply& reply, std::string& trouble) {
  LookUp(volume, query, limits, reply, trouble).run();
}

}  // namespace bramble
