// SPDX-License-Identifier: Apache-2.0
#include "node/representation.hh"

#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "node/compress.hh"
#include "node/memory_file.hh"

namespace bramble {
namespace {

// Of the same second, a time of whole seconds or microseconds may be the other's that was cut off
// when it was copied.
bool is_older(const timespec& time, const timespec& than) {
  if (time.tv_sec != than.tv_sec) return time.tv_sec < than.tv_sec;
  const long unit = time.tv_nsec == 0 ? 1'000'000'000 : time.tv_nsec % 1000 == 0 ? 1000 : 1;
  return time.tv_nsec / unit < than.tv_nsec / unit;
}

// One that is older was made of another content.
bool stands_in(const VolumeFile& beside, const VolumeFile& file) {
  return beside.status().type == FileStatus::Type::kFile &&
         !is_older(beside.status().modified, file.status().modified);
}

bool worth_coding(const VolumeFile& file) {
  return file.status().size >= kCodedBytesMin && file.status().size <= kCodedBytesMax;
}

// The whole file as it was when it was opened.
Coding read_whole(VolumeFile& file, std::string& content, std::string& trouble) {
  const auto failed = [&trouble](const Error& error) {
    if (error.code == ESTALE || error.code == ENOENT) return Coding::kChanged;
    trouble = error.what;
    return Coding::kFailed;
  };
  content.resize(file.status().size);
  for (std::size_t have = 0; have < content.size();) {
    const Result<std::size_t> got = file.read(have, std::span(content).subspan(have));
    if (!got.ok()) return failed(got.error());
    if (*got == 0) return Coding::kChanged;
    have += *got;
  }
  const Result<bool> same = file.unchanged();
  if (!same.ok()) return failed(same.error());
  return *same ? Coding::kDone : Coding::kChanged;
}

Coding make(const Representation& representation, const std::string& key, CodedCache& cache,
            std::optional<CodedCache::Content>& content, std::string& trouble) {
  const CodedCache::Making making = cache.begin_making(key);
  if (!making) return Coding::kAsItIs;
  content = cache.find(key);  // whoever made it may just have ended
  if (content) return Coding::kDone;
  std::string whole;
  if (const Coding read = read_whole(*representation.file, whole, trouble); read != Coding::kDone)
    return read;
  const std::optional<std::string> coded = compress(whole, representation.coding);
  content = coded ? cache.content(*coded) : nullptr;
  cache.put(key, *content);
  return Coding::kDone;
}

}  // namespace

EntityTag::EntityTag(const FileVersion& version, http::ContentCoding coding, bool weak) {
  static_assert(sizeof bytes_ >= sizeof "W/" + kVersionBytesMax + sizeof "\"-zst\"");
  char* at = bytes_.data();
  const auto put = [&at](std::string_view text) { at += text.copy(at, text.size()); };
  put(weak ? "W/\"" : "\"");
  at = write_version(version, std::span<char, kVersionBytesMax>(at, kVersionBytesMax));
  if (coding != http::ContentCoding::kIdentity) put("-"), put(http::suffix_of(coding));
  put("\"");
  size_ = static_cast<std::size_t>(at - bytes_.data());
}

Representation as_it_is(std::unique_ptr<VolumeFile> file) {
  const EntityTag etag(file->status().version, http::ContentCoding::kIdentity);
  return {.file = std::move(file), .etag = etag};
}

Representation choose_representation(Volume& volume, std::string_view name,
                                     std::unique_ptr<VolumeFile> file, const CodingWish& wish) {
  const auto accepted = wish.accepted.in_order();
  const NothingBeside* const nothing_beside = file->nothing_beside();
  for (const http::ContentCoding coding : accepted) {
    if (!wish.precompressed) break;
    const std::string_view ending = http::suffix_of(coding);
    if (nothing_beside != nullptr && nothing_beside->knows(ending)) continue;
    Result<std::unique_ptr<VolumeFile>> beside = volume.open_beside(*file, name, ending);
    if (!beside.ok() && beside.error().code == EAGAIN) return {};
    if (!beside.ok() || !stands_in(**beside, *file)) continue;
    const EntityTag etag((*beside)->status().version, coding);
    return {.file = std::move(beside).value(), .coding = coding, .etag = etag};
  }
  if (!wish.compress || accepted.empty() || !worth_coding(*file)) return as_it_is(std::move(file));
  const EntityTag etag(file->status().version, accepted.front(), /*weak=*/true);
  return {.file = std::move(file), .coding = accepted.front(), .etag = etag, .to_be_coded = true};
}

Coding code(Representation& representation, std::string_view name, CodedCache& cache, bool may_make,
            std::string& trouble) {
  const FileStatus& status = representation.file->status();
  const std::string key = CodedCache::key(name, status, representation.coding);
  std::optional<CodedCache::Content> content = cache.find(key);
  if (!content) {
    if (!may_make) return Coding::kNotNow;
    if (const Coding made = make(representation, key, cache, content, trouble);
        made != Coding::kDone)
      return made;
  }
  if (*content == nullptr) return Coding::kAsItIs;
  representation.file = std::make_unique<MemoryFile>(*std::move(content), FileStatus(status));
  return Coding::kDone;
}

}  // namespace bramble
