// SPDX-License-Identifier: Apache-2.0
// Conditional requests: whether a GET or HEAD is answered with what it asks for (RFC 9110 §13).
//
//     If-Match ──────────── none matches ─────────► 412
//        │ absent
//     If-Unmodified-Since ─ modified since ───────► 412
//        │ (either passed)
//     If-None-Match ─────── one matches ──────────► 304
//        │ absent
//     If-Modified-Since ─── not modified since ───► 304
//        │
//     Range, and If-Range absent or matching ─────► 206 or 416, else 200
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/field.hh"

namespace bramble::http {

// What a resource is now.
struct Validators {
  std::string_view etag;      // with its quotes; a weak one with its W/
  std::int64_t modified = 0;  // seconds since 1970
};

// The conditional fields of a request, kept beyond its head. "" where absent. Lines of one name are
// joined: to a list, or to a date that is none, and so does not count.
struct Conditions {
  std::string if_match;
  std::string if_none_match;
  std::string if_modified_since;
  std::string if_unmodified_since;
  std::string if_range;
  std::string range;

  void take(std::span<const Field> fields);
  void clear();
  bool empty() const;
};

enum class ConditionOutcome : std::uint8_t { kGoOn, kNotModified, kFailed };

// For a resource that exists, asked for by GET or HEAD. now: seconds since 1970.
ConditionOutcome evaluate(const Conditions& conditions, const Validators& resource,
                          std::int64_t now);

// Whether the Range field counts, after evaluate said kGoOn. For GET alone. A date in If-Range is
// trusted only where its second is over: within it, another content may come (RFC 9110 §8.8.2.2).
bool range_applies(const Conditions& conditions, const Validators& resource, std::int64_t now);

}  // namespace bramble::http
