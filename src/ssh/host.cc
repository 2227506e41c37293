// SPDX-License-Identifier: Apache-2.0
#include "ssh/host.hh"

#include <fmt/format.h>

#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::size_t kLastWordsMax = 600;  // bytes of a failed script's stderr that we repeat

// The folder is made, and the file is complete and on the disk before it has its name. Its size is
// checked: where we are killed, the script sees but the end of its input; where the network drops
// without a word, not even that. Whatever ends it early, a part of a file does not stay.
constexpr std::string_view kPut = R"sh(
mkdir -p "$(dirname "$path")"
umask 077
new=$path.bramble-new
trap 'rm -f "$new"' EXIT
timeout 240 cat >"$new" || [ $? -eq 124 ]
if [ "$(wc -c <"$new")" -ne "$bytes" ]; then
  echo "$path: the connection ended within the file" >&2
  exit 1
fi
chmod "$mode" "$new"
sync "$new"
mv -f "$new" "$path"
sync "$(dirname "$path")"
)sh";

}  // namespace

Result<std::string> Host::sh(std::string text) { return sh(Script{.text = std::move(text)}); }

Result<std::string> Host::sh(const Script& script) {
  Outcome outcome = TRY(run(script));
  if (outcome.ok()) return std::move(outcome.out);
  std::string_view last_words = trim(outcome.err.empty() ? outcome.out : outcome.err);
  if (last_words.size() > kLastWordsMax)
    last_words.remove_prefix(last_words.size() - kLastWordsMax);
  return failure(last_words.empty()
                     ? fmt::format("{}: a script ended with exit status {}", name(), outcome.status)
                     : fmt::format("{}: {}", name(), last_words));
}

Result<void> Host::put(const std::string& path, std::string content, mode_t mode) {
  TRY(sh(Script{.text = fmt::format("path={}\nmode={:o}\nbytes={}\n{}", shell_quote(path), mode,
                                    content.size(), kPut),
                .input = std::move(content),
                .timeout = std::chrono::minutes(5)}));
  return {};
}

}  // namespace bramble
