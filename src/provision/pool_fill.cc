// SPDX-License-Identifier: Apache-2.0
#include "provision/pool_fill.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// Sorted, each with a NUL behind it. What vanishes while it is read is no fault.
constexpr std::string_view kNames = R"sh(
export LC_ALL=C
work=$(mktemp -d /var/tmp/bramble-fill-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$folder"
find . -ignore_readdir_race -path './.glusterfs*' -prune -o -print0 >"$work/here"
sort -z -T "$work" -o "$work/here" "$work/here"
)sh";

// Each name is looked up on the volume: that makes it on the fresh brick and notes that its content
// is to be healed, which the heal daemons do. (A full heal would not do: it walks the brick of one
// node, which may be the fresh one, and finds nothing there.)
constexpr std::string_view kLookUp = R"sh(
findmnt -rn -t fuse.glusterfs --mountpoint "$mount" >/dev/null || {
  echo "the volume is not mounted at $mount: start bramble-mount" >&2
  exit 1
}
for i in $(seq 120); do
  status=0
  grep -qx 'connected = 0' "$mount"/.meta/graphs/active/"$volume"-client-*/private || status=$?
  [ $status != 1 ] || break
  [ $i != 120 ] || { echo "$mount has no connection to the fresh brick" >&2; exit 1; }
  sleep 0.5
done
if [ $again = yes ]; then
  timeout 600 gzip -dc >"$work/missing"
  comm -z -12 "$work/missing" "$work/here" >"$work/both"
  mv "$work/both" "$work/here"
  sleep $pause  # within a second the kernel answers itself
fi
cd "$mount"
# What was removed meanwhile is no fault. By a blank now and then it ends once nobody hears it.
xargs -0 -r -n 1000 sh -c 'stat "$@" >/dev/null 2>&1; printf " " >&2 || exit 255' - \
  <"$work/here" || exit 1
gluster --mode=script volume heal "$volume" >/dev/null 2>&1 || true
gzip -c "$work/here"
)sh";

constexpr std::string_view kMissing = R"sh(
timeout 600 gzip -dc >"$work/there"
comm -z -23 "$work/there" "$work/here" >"$work/missing"
[ ! -s "$work/missing" ] || gzip -n <"$work/missing"
)sh";

constexpr std::string_view kTell = R"sh(
timeout 600 gzip -dc >"$work/missing"
count=$(tr -dc '\0' <"$work/missing" | wc -c)
some=$(head -z -n 3 "$work/missing" | tr '\0\n' ' ?')
echo "the brick lacks names that the one of $sibling has, $count of them: ${some}... If" \
  "bramble up, which goes on from here, leaves them: gluster volume heal $volume info" >&2
exit 1
)sh";

// A look-up does not make the name itself: it says what is to be healed, and where many wait
// already, not even that (seen with 10.3: of 6,000 names 1,483 were missing after three rounds, and
// none a minute later). So there are as many rounds as it takes, while something changes within
// some four minutes.
constexpr int kRoundsInVain = 8;
constexpr std::chrono::seconds kFirstPause{2};
constexpr std::chrono::seconds kPauseMax{60};
constexpr std::chrono::hours kLookUpMax{6};  // some 1500 names a second
constexpr std::chrono::hours kCompareMax{1};

}  // namespace

Result<void> fill_brick(const Site& site, const std::string& node, const std::string& sibling) {
  const VolumeOptions& volume = site.cluster().volume;
  const std::string begin = fmt::format("volume={}\nfolder={}\nmount={}\nsibling={}\n{}",
                                        shell_quote(volume.name), shell_quote(brick_folder(volume)),
                                        shell_quote(volume_mount(volume)), sibling, kNames);
  std::string missing;
  for (int in_vain = 0; in_vain < kRoundsInVain;) {
    const auto pause = std::min(kPauseMax, kFirstPause * (1 << in_vain));
    std::string names = TRY(site.host(sibling).sh(
        {.text = fmt::format("{}again={}\npause={}\n{}", begin, missing.empty() ? "no" : "yes",
                             pause.count(), kLookUp),
         .input = missing,
         .timeout = kLookUpMax}));
    std::string still_missing = TRY(site.host(node).sh({.text = begin + std::string(kMissing),
                                                        .input = std::move(names),
                                                        .timeout = kCompareMax}));
    if (still_missing.empty()) return {};
    in_vain = still_missing == missing ? in_vain + 1 : 0;
    missing = std::move(still_missing);
  }
  TRY(site.host(node).sh(
      {.text = begin + std::string(kTell), .input = std::move(missing), .timeout = kCompareMax}));
  return {};
}

}  // namespace bramble::provision
