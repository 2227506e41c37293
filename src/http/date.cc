// SPDX-License-Identifier: Apache-2.0
#include "http/date.hh"

#include <chrono>
#include <cstring>

#include "base/text.hh"

namespace bramble::http {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t kSecondsPerDay = 86'400;

void put_two(char* at, unsigned number) {
  at[0] = static_cast<char>('0' + number / 10 % 10);
  at[1] = static_cast<char>('0' + number % 10);
}

// Takes what the forms of a date are made of off the front of a text; after the first that is not
// there, ok is false for good.
struct Reader {
  std::string_view text;
  bool ok = true;

  void literal(std::string_view wanted) {
    ok = ok && text.starts_with(wanted);
    if (ok) text.remove_prefix(wanted.size());
  }

  unsigned number(std::size_t digits) {
    const auto value = parse_number(text.substr(0, digits));
    ok = ok && text.size() >= digits && value.has_value();
    if (ok) text.remove_prefix(digits);
    return ok ? static_cast<unsigned>(*value) : 0;
  }

  unsigned day_of_asctime() {  // " 6" or "16"
    if (!text.starts_with(' ')) return number(2);
    literal(" ");
    return number(1);
  }

  unsigned month() {  // 1 to 12
    const std::size_t at =
        text.size() < 3 ? std::string_view::npos : kMonths.find(text.substr(0, 3));
    ok = ok && at != std::string_view::npos && at % 3 == 0;
    if (ok) text.remove_prefix(3);
    return ok ? static_cast<unsigned>(at / 3 + 1) : 0;
  }

  std::int64_t time_of_day() {
    const unsigned hour = number(2);
    literal(":");
    const unsigned minute = number(2);
    literal(":");
    const unsigned second = number(2);
    ok = ok && hour < 24 && minute < 60 && second <= 60;  // 60: a leap second
    return static_cast<std::int64_t>(hour) * 3600 + minute * 60 + second;
  }
};

struct Parts {
  unsigned year = 0, month = 0, day = 0;
  std::int64_t time = 0;
};

std::optional<std::int64_t> seconds_of(const Reader& reader, const Parts& parts) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(parts.year)),
                                         std::chrono::month(parts.month),
                                         std::chrono::day(parts.day)};
  if (!reader.ok || !reader.text.empty() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kSecondsPerDay + parts.time;
}

unsigned whole_year(unsigned two_digits, std::int64_t now) {
  const std::chrono::sys_days today{std::chrono::days(now / kSecondsPerDay)};
  const int this_year = static_cast<int>(std::chrono::year_month_day(today).year());
  const auto latest = static_cast<unsigned>(this_year + 50);
  return latest - (latest - two_digits) % 100;
}

bool is_day(std::string_view text) {
  const std::size_t at = text.size() == 3 ? kDays.find(text) : std::string_view::npos;
  return at != std::string_view::npos && at % 3 == 0;
}

// "06 Nov 1994 08:49:37 GMT" behind "Sun, "
std::optional<std::int64_t> parse_fixdate(std::string_view text) {
  Reader reader{text};
  Parts parts;
  parts.day = reader.number(2);
  reader.literal(" ");
  parts.month = reader.month();
  reader.literal(" ");
  parts.year = reader.number(4);
  reader.literal(" ");
  parts.time = reader.time_of_day();
  reader.literal(" GMT");
  return seconds_of(reader, parts);
}

// "06-Nov-94 08:49:37 GMT" behind "Sunday, "
std::optional<std::int64_t> parse_rfc850(std::string_view text, std::int64_t now) {
  Reader reader{text};
  Parts parts;
  parts.day = reader.number(2);
  reader.literal("-");
  parts.month = reader.month();
  reader.literal("-");
  parts.year = whole_year(reader.number(2), now);
  reader.literal(" ");
  parts.time = reader.time_of_day();
  reader.literal(" GMT");
  return seconds_of(reader, parts);
}

// "Nov  6 08:49:37 1994" behind "Sun "
std::optional<std::int64_t> parse_asctime(std::string_view text) {
  Reader reader{text};
  Parts parts;
  parts.month = reader.month();
  reader.literal(" ");
  parts.day = reader.day_of_asctime();
  reader.literal(" ");
  parts.time = reader.time_of_day();
  reader.literal(" ");
  parts.year = reader.number(4);
  return seconds_of(reader, parts);
}

}  // namespace

DateText format_date(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  DateText text;
  std::memcpy(text.data(), "Sun, 00 Jan 0000 00:00:00 GMT", text.size());
  kDays.copy(text.data(), 3, std::chrono::weekday(midnight).c_encoding() * 3);
  put_two(&text[5], static_cast<unsigned>(date.day()));
  kMonths.copy(&text[8], 3, (static_cast<unsigned>(date.month()) - 1) * 3);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  put_two(&text[12], year / 100);
  put_two(&text[14], year % 100);
  put_two(&text[17], static_cast<unsigned>(clock.hours().count()));
  put_two(&text[20], static_cast<unsigned>(clock.minutes().count()));
  put_two(&text[23], static_cast<unsigned>(clock.seconds().count()));
  return text;
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now) {
  const std::size_t comma = text.find(", ");
  if (comma == 3 && is_day(text.substr(0, 3))) return parse_fixdate(text.substr(5));
  if (comma != std::string_view::npos) {
    const std::string_view day = text.substr(0, comma);
    if (!day.ends_with("day") || !is_day(day.substr(0, 3))) return std::nullopt;
    return parse_rfc850(text.substr(comma + 2), now);
  }
  if (text.size() < 4 || !is_day(text.substr(0, 3)) || text[3] != ' ') return std::nullopt;
  return parse_asctime(text.substr(4));
}

std::string_view CurrentDate::at(WallTime now) {
  const std::int64_t second =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != second_) text_ = format_date(second_ = second);
  return {text_.data(), text_.size()};
}

}  // namespace bramble::http
