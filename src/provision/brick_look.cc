// SPDX-License-Identifier: Apache-2.0
#include "provision/brick_look.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "provision/brick_decision.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

// `blkid -p` exits with 2 where it finds nothing, and with 8 where it finds several.
constexpr std::string_view kSignature = R"sh(
signature() {
  section signature
  found=0
  blkid -p -o export "$1" || found=$?
  case $found in 0|2) ;; 8) echo AMBIVALENT=1 ;; *) echo "AMBIVALENT=1" ;; esac
}
)sh";

constexpr std::string_view kCommon = R"sh(
section journal
cat "$journal" 2>/dev/null || true
section uuid
cat /proc/sys/kernel/random/uuid
section folder
[ ! -d "$folder" ] || echo present
section content
[ "$kind" != folder ] && findmnt -rno SOURCE --mountpoint "$mount" >/dev/null ||
  ls -A "$mount" 2>/dev/null | grep -vx lost+found | head -n 5 || true
)sh";

constexpr std::string_view kFilesystem = R"sh(
section lies-on
near=$mount
while [ ! -e "$near" ]; do near=$(dirname "$near"); done
source=$(findmnt -rno SOURCE --target "$near" | tail -n 1 || true)
echo "source=$source"
echo "type=$(findmnt -rno FSTYPE --target "$near" | tail -n 1 || true)"
echo "uuid=$(blkid -p -s UUID -o value "${source%%\[*}" 2>/dev/null || true)"
)sh";

constexpr std::string_view kMountPoint = R"sh(
section mount
source=$(findmnt -rno SOURCE --mountpoint "$mount" | tail -n 1 || true)
if [ -n "$source" ]; then
  echo "source=$source"
  echo "uuid=$(blkid -p -s UUID -o value "$source" || true)"
fi
section fstab
awk -v m="$mount" '$1 !~ /^#/ && $2 == m' /etc/fstab 2>/dev/null || true
)sh";

constexpr std::string_view kFreeSpace = R"sh(
section root
findmnt -Pno SOURCE,FSTYPE / | sed 's/SOURCE="\(.*\)" FSTYPE="\(.*\)"/source=\1\ntype=\2/'
sys=$(readlink -f "/sys/dev/block/$(findmnt -rno MAJ:MIN /)" || true)
disk=
[ ! -e "$sys/partition" ] || disk=/dev/$(basename "$(dirname "$sys")")
if [ -n "$disk" ]; then
  section disk
  echo "node=$disk"
  echo "bytes=$(blockdev --getsize64 "$disk")"
  if command -v sfdisk >/dev/null; then
    if dump=$(sfdisk --dump "$disk" 2>&1); then
      section table
      sfdisk --dump "$disk" 2>/dev/null
    else
      section fault
      echo "$dump" | tail -n 1
    fi
  fi
  number=$(sed -n 's/^number=//p' "$journal" 2>/dev/null || true)
  case $disk in *[0-9]) node=${disk}p$number ;; *) node=$disk$number ;; esac
  if [ -n "$number" ] && [ -b "$node" ]; then
    section kernel
    echo "start=$(cat "/sys/class/block/${node##*/}/start")"
    echo "size=$(cat "/sys/class/block/${node##*/}/size")"
    signature "$node"
  fi
fi
)sh";

constexpr std::string_view kDevice = R"sh(
device=$(readlink -f "$path" || true)
uuid=$(sed -n 's/^uuid=//p' "$journal" 2>/dev/null || true)
# The brick, whatever name its disk has by now.
[ -z "$uuid" ] || [ ! -b "/dev/disk/by-uuid/$uuid" ] || device=$(readlink -f "/dev/disk/by-uuid/$uuid")
if [ -b "$device" ]; then
  name=$(basename "$device")
  section device
  echo "node=$device"
  echo "bytes=$(blockdev --getsize64 "$device")"
  echo "readonly=$(blockdev --getro "$device")"
  section parts
  for part in /sys/class/block/"$name"/"$name"*/partition; do
    [ ! -e "$part" ] || echo "/dev/$(basename "$(dirname "$part")")"
  done
  section users
  for holder in /sys/class/block/"$name"/holders/*; do
    [ ! -e "$holder" ] || echo "/dev/$(basename "$holder") stands on it"
  done
  findmnt -rno TARGET --source "$device" | grep -vx "$mount" | sed 's/^/mounted at /' || true
  grep "^$device " /proc/swaps >/dev/null && echo "the system swaps to it" || true
  signature "$device"
fi
)sh";

}  // namespace

std::string brick_look_script(const Brick& brick, const std::string& mount,
                              const std::string& folder) {
  std::string script = fmt::format(
      "journal={}\nmount={}\nfolder={}\npath={}\nkind={}\n{}{}{}", shell_quote(kBrickJournal),
      shell_quote(mount), shell_quote(folder), shell_quote(brick.path),
      brick.kind == Brick::Kind::kFolder ? "folder" : "disk", kSection, kSignature, kCommon);
  if (brick.kind == Brick::Kind::kFolder) return script.append(kFilesystem);
  script += kMountPoint;
  script += brick.kind == Brick::Kind::kFreeSpace ? kFreeSpace : kDevice;
  return script;
}

}  // namespace bramble::provision
