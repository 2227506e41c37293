// SPDX-License-Identifier: Apache-2.0
#include "http/conditions.hh"

#include <optional>

#include "http/date.hh"

namespace bramble::http {
namespace {

// Takes the next entity tag off a list, with its W/ and its quotes; "" where there is no other, or
// what stands there is none.
std::string_view take_tag(std::string_view& list) {
  const std::size_t begin = list.find_first_not_of(" \t,");
  if (begin == std::string_view::npos) return {};
  list.remove_prefix(begin);
  const std::size_t quote = list.starts_with("W/") ? 2 : 0;
  if (quote >= list.size() || list[quote] != '"') return {};
  const std::size_t end = list.find('"', quote + 1);
  if (end == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  return tag;
}

std::string_view opaque(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

enum class Comparison : std::uint8_t { kStrong, kWeak };

bool list_names(std::string_view list, std::string_view etag, Comparison comparison) {
  if (list == "*") return true;
  for (std::string_view tag = take_tag(list); !tag.empty(); tag = take_tag(list))
    if (comparison == Comparison::kWeak ? opaque(tag) == opaque(etag)
                                        : tag == etag && !tag.starts_with("W/"))
      return true;
  return false;
}

void join(std::string& to, std::string_view value) {
  if (!to.empty()) to += ", ";
  to += value;
}

}  // namespace

void Conditions::take(std::span<const Field> fields) {
  clear();
  for (const Field& field : fields) switch (field.id) {
      case FieldName::kIfMatch:
        join(if_match, field.value);
        break;
      case FieldName::kIfNoneMatch:
        join(if_none_match, field.value);
        break;
      case FieldName::kIfModifiedSince:
        join(if_modified_since, field.value);
        break;
      case FieldName::kIfUnmodifiedSince:
        join(if_unmodified_since, field.value);
        break;
      case FieldName::kIfRange:
        join(if_range, field.value);
        break;
      case FieldName::kRange:
        join(range, field.value);
        break;
      default:
        break;
    }
}

void Conditions::clear() {
  for (std::string* field :
       {&if_match, &if_none_match, &if_modified_since, &if_unmodified_since, &if_range, &range})
    field->clear();
}

bool Conditions::empty() const {
  return if_match.empty() && if_none_match.empty() && if_modified_since.empty() &&
         if_unmodified_since.empty() && if_range.empty() && range.empty();
}

ConditionOutcome evaluate(const Conditions& conditions, const Validators& resource,
                          std::int64_t now) {
  if (!conditions.if_match.empty()) {
    if (!list_names(conditions.if_match, resource.etag, Comparison::kStrong))
      return ConditionOutcome::kFailed;
  } else if (!conditions.if_unmodified_since.empty()) {
    const std::optional<std::int64_t> since = parse_date(conditions.if_unmodified_since, now);
    if (since && resource.modified > *since) return ConditionOutcome::kFailed;
  }
  if (!conditions.if_none_match.empty()) {
    if (list_names(conditions.if_none_match, resource.etag, Comparison::kWeak))
      return ConditionOutcome::kNotModified;
  } else if (!conditions.if_modified_since.empty()) {
    const std::optional<std::int64_t> since = parse_date(conditions.if_modified_since, now);
    if (since && resource.modified <= *since) return ConditionOutcome::kNotModified;
  }
  return ConditionOutcome::kGoOn;
}

bool range_applies(const Conditions& conditions, const Validators& resource, std::int64_t now) {
  if (conditions.range.empty()) return false;
  if (conditions.if_range.empty()) return true;
  std::string_view value = conditions.if_range;
  if (value.starts_with('"') || value.starts_with("W/")) {
    const std::string_view tag = take_tag(value);
    return tag == resource.etag && !tag.starts_with("W/") && value.empty();
  }
  return parse_date(value, now) == resource.modified && resource.modified < now;
}

}  // namespace bramble::http
