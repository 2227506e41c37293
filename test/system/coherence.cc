// SPDX-License-Identifier: Apache-2.0
#include "system/coherence.hh"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hh"

namespace bramble::test {
namespace {

constexpr std::size_t kLineBytes = 40;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

double milliseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

void parse_changes(std::string_view text, std::int64_t content_promise, std::int64_t name_promise,
                   History& history) {
  for (const std::string_view line : lines(text)) {
    const auto word = words(line);
    if (word.size() != 5) continue;
    const auto number = [](std::string_view digits) {
      return static_cast<std::int64_t>(std::stoll(std::string(digits)));
    };
    history[std::string(word[3])].push_back(
        {.begin = number(word[0]),
         .end = number(word[1]),
         .promise = word[2] == "content" ? content_promise : name_promise,
         .state = std::string(word[4])});
  }
}

std::string state_of(int status, std::string_view body) {
  if (status == 404) return "-";
  if (status == 403) return "denied";
  const std::string_view line = body.substr(0, std::min(kLineBytes, body.size()));
  if (body.empty()) return "0:0";
  if (body.size() % kLineBytes != 0) return "torn";
  for (std::size_t i = 0; i < body.size(); i += kLineBytes)
    if (body.substr(i, kLineBytes) != line) return "torn";
  const auto word = words(line);
  if (word.size() != 2) return "torn";
  return fmt::format("{}:{}", std::stoll(std::string(word[1])), body.size() / kLineBytes);
}

std::string judge(const History& history, const Read& read) {
  if (read.state == "torn")
    return fmt::format("{} {}: bytes of two versions", read.where, read.key);
  const auto found = history.find(read.key);
  if (found == history.end()) return read.state == "-" ? "" : read.key + " was never written";
  const std::vector<Change>& changes = found->second;
  // Before its first change a key was not there.
  for (std::size_t i = 0; i <= changes.size(); ++i) {
    const std::string state = i == 0 ? "-" : changes[i - 1].state;
    const std::int64_t from = i == 0 ? 0 : changes[i - 1].begin;
    const std::int64_t until = i == changes.size() ? kNever : changes[i].end + changes[i].promise;
    if ((state == read.state || state == "?") && from <= read.end && read.begin < until) return "";
  }
  // A state on the way from one to the next.
  const bool known = std::any_of(changes.begin(), changes.end(),
                                 [&](const Change& each) { return each.state == read.state; });
  if (!known || read.state == "-")
    for (const Change& change : changes)
      if (change.begin <= read.end && read.begin < change.end + change.promise) return "";
  std::string told = fmt::format("{} {}: saw {};", read.where, read.key, read.state);
  bool next = false;  // behind the state that was seen
  for (const Change& change : changes) {
    const bool lately =
        change.end > read.begin - 3'000'000'000 && change.begin < read.end + 100'000'000;
    if (lately || next || change.state == read.state)
      told += fmt::format(" {} begun {:+.1f} ms ended {:+.1f} ms,", change.state,
                          milliseconds(change.begin - read.begin),
                          milliseconds(change.end - read.begin));
    next = change.state == read.state && read.state != "-";
  }
  return told;
}

std::vector<Read> faults_of_the_volume(History history, const std::vector<Read>& told) {
  for (auto& [key, changes] : history)
    for (Change& change : changes) change.promise = 0;
  std::vector<Read> faults;
  for (const Read& read : told)
    if (read.state == kUnread || !judge(history, read).empty()) faults.push_back(read);
  return faults;
}

bool excuses(const std::vector<Read>& faults, const Read& read, std::int64_t kept,
             std::int64_t round) {
  return std::any_of(faults.begin(), faults.end(), [&](const Read& fault) {
    const bool unread = fault.state == kUnread;
    if (unread) return fault.begin <= read.end + kSecond && read.begin < fault.end + kSecond;
    return fault.key == read.key && fault.state == read.state && fault.begin <= read.end + round &&
           read.begin < fault.end + std::max(round, kept);
  });
}

void measure(const History& history, const Read& read, Lateness& latest) {
  const auto found = history.find(read.key);
  if (found == history.end()) return;
  const std::vector<Change>& changes = found->second;
  // Of what the state may have been, the last that had begun.
  for (std::size_t i = changes.size(); i > 0; --i) {
    if (changes[i - 1].state != read.state || changes[i - 1].begin > read.end) continue;
    if (i == changes.size()) return;
    const std::int64_t late = read.begin - changes[i].end;
    if (late >= changes[i].promise) return;  // what came then is not known, or is as this
    std::int64_t& so_far = latest[changes[i].promise];
    so_far = std::max(so_far, late);
    return;
  }
}

}  // namespace bramble::test
