// SPDX-License-Identifier: Apache-2.0
#include "http/access_log.hh"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <time.h>

#include <array>
#include <iterator>

namespace bramble::http {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// What is not printable ASCII, a quote or a backslash is written in hexadecimal behind the escape;
// blanks too where they would end a word.
struct Escaping {
  std::string_view escape;
  bool blanks = false;
};

void append_escaped(std::string& out, std::string_view text, const Escaping& how) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' && !(how.blanks && c == ' ')) {
      out += c;
      continue;
    }
    out += how.escape;
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text.empty() ? "-" : text, {.escape = "\\x"});
  out += '"';
}

void append_word(std::string& out, std::string_view text) {
  append_escaped(out, text.empty() ? "-" : text, {.escape = "\\x", .blanks = true});
}

// "name":"text", — bytes above 0x7f as the characters of Latin-1, which JSON can hold.
void append_member(std::string& out, std::string_view name, std::string_view text) {
  out.append("\"").append(name).append("\":\"");
  append_escaped(out, text, {.escape = "\\u00"});
  out.append("\",");
}

// "23/Nov/2026:08:45:22 +0000", or "2026-11-23T08:45:22Z"; in UTC, so that no machine's time zone
// needs to be known.
std::string format_time(std::int64_t seconds, LogFormat format) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t time = seconds;
  tm parts = {};
  ::gmtime_r(&time, &parts);
  if (format == LogFormat::kJson)
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z"), parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return fmt::format(FMT_COMPILE("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000"), parts.tm_mday,
                     kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void append_seconds(std::string& out, std::chrono::nanoseconds time) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{:06}"), micro / 1000000,
                 micro % 1000000);
}

}  // namespace

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::kOk:
      return "ok";
    case Ending::kClientAborted:
      return "client-aborted";
    case Ending::kClientStalled:
      return "client-stalled";
    case Ending::kBadRequest:
      return "bad-request";
    case Ending::kNoBackend:
      return "no-backend";
    case Ending::kQueueFull:
      return "queue-full";
    case Ending::kQueueTooLong:
      return "queue-too-long";
    case Ending::kConnectFailed:
      return "connect-failed";
    case Ending::kBackendClosed:
      return "backend-closed";
    case Ending::kBackendStalled:
      return "backend-stalled";
    case Ending::kBackendBad:
      return "backend-bad";
    case Ending::kStopped:
      return "stopped";
  }
  return "";
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
  if (name == "combined") return LogFormat::kCombined;
  if (name == "json") return LogFormat::kJson;
  return std::nullopt;
}

std::string_view AccessLines::time_text(WallTime time) {
  const std::int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  if (second != second_) text_ = format_time(second, format_);
  second_ = second;
  return text_;
}

void AccessLines::append(std::string& out, const AccessRecord& record) {
  if (format_ == LogFormat::kJson)
    append_json(out, record);
  else
    append_combined(out, record);
}

void AccessLines::append_combined(std::string& out, const AccessRecord& record) {
  out.append(record.client).append(" - - [").append(time_text(record.time)).append("] ");
  append_quoted(out, record.request_line);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(" {} {} "), record.status, record.body_bytes);
  append_quoted(out, record.referer);
  out += ' ';
  append_quoted(out, record.user_agent);
  const bool proxy = teller_ == Teller::kProxy;
  if (proxy) out.append(" backend=").append(record.backend.empty() ? "-" : record.backend);
  out.append(" wait=");
  append_seconds(out, record.wait);
  out.append(" total=");
  append_seconds(out, record.total);
  if (proxy) fmt::format_to(std::back_inserter(out), FMT_COMPILE(" tries={}"), record.tries);
  if (record.resumes > 0)
    fmt::format_to(std::back_inserter(out), " resumed={} from={} at={}", record.resumes,
                   record.resumed_from, record.resumed_at);
  if (record.stripes > 1) fmt::format_to(std::back_inserter(out), " stripes={}", record.stripes);
  out.append(" end=").append(name_of(record.ending));
  if (proxy) append_word(out.append(" id="), record.request_id);
  out += '\n';
}

void AccessLines::append_json(std::string& out, const AccessRecord& record) {
  out += '{';
  append_member(out, "time", time_text(record.time));
  append_member(out, "client", record.client);
  append_member(out, "request", record.request_line);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("\"status\":{},\"bytes\":{},"), record.status,
                 record.body_bytes);
  append_member(out, "referer", record.referer);
  append_member(out, "user_agent", record.user_agent);
  const bool proxy = teller_ == Teller::kProxy;
  if (proxy) append_member(out, "backend", record.backend);
  out.append("\"wait\":");
  append_seconds(out, record.wait);
  out.append(",\"total\":");
  append_seconds(out, record.total);
  out += ',';
  if (proxy) fmt::format_to(std::back_inserter(out), FMT_COMPILE("\"tries\":{},"), record.tries);
  if (record.resumes > 0) {
    fmt::format_to(std::back_inserter(out), "\"resumed\":{},", record.resumes);
    append_member(out, "from", record.resumed_from);
    fmt::format_to(std::back_inserter(out), "\"at\":{},", record.resumed_at);
  }
  if (record.stripes > 1)
    fmt::format_to(std::back_inserter(out), "\"stripes\":{},", record.stripes);
  append_member(out, "end", name_of(record.ending));
  if (proxy) append_member(out, "id", record.request_id);
  out.back() = '}';
  out += '\n';
}

}  // namespace bramble::http
