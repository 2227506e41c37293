// SPDX-License-Identifier: Apache-2.0
#include "provision/brick.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/brick_decision.hh"
#include "provision/brick_look.hh"
#include "provision/steps.hh"
#include "ssh/ssh_command.hh"

namespace bramble::provision {
namespace {

// Adds one entry, if the table is still what the plan was made on (its dump comes on stdin), and
// checks that all others stayed as they were. A copy of the old table is kept.
constexpr std::string_view kMakePartition = R"sh(
state=/var/lib/bramble
mkdir -p $state
timeout 60 cat > $state/partition-table.planned
sfdisk --dump "$disk" 2>/dev/null > $state/partition-table.before
if ! cmp -s $state/partition-table.planned $state/partition-table.before; then
  echo "the partition table of $disk has changed since it was looked at: run it again" >&2
  exit 1
fi
rm $state/partition-table.planned
sync
echo "$entry" | sfdisk --quiet --no-reread --no-tell-kernel --wipe never --wipe-partitions never \
  -N "$number" "$disk" 2>$state/sfdisk.log || { cat $state/sfdisk.log >&2; exit 1; }
others() { grep ' : start=' | grep -v "^$node :" || true; }  # the rest may tell of a larger disk
sfdisk --dump "$disk" 2>/dev/null | others > $state/partition-table.others
others < $state/partition-table.before | cmp -s - $state/partition-table.others || {
  echo "other entries of $disk changed: compare $state/partition-table.before" >&2
  exit 1
}
rm -f $state/partition-table.others $state/sfdisk.log
)sh";

// A kernel that has the partition already says "busy": the node is what counts, and where it lies:
// a kernel may go on seeing what stood in the table before. Its sectors have 512 bytes, always.
constexpr std::string_view kTellKernel = R"sh(
if [ ! -b "$node" ]; then
  partx --add --nr "$number" "$disk" 2>/dev/null || true
  for i in $(seq 100); do [ ! -b "$node" ] || break; sleep 0.1; done
  [ -b "$node" ] || { echo "$node did not appear within 10 s: see dmesg" >&2; exit 1; }
fi
unit=$(($(blockdev --getss "$disk") / 512))
seen=$(cat "/sys/class/block/${node##*/}/start")+$(cat "/sys/class/block/${node##*/}/size")
planned=$((start * unit))+$((sectors * unit))
if [ "$seen" != "$planned" ]; then
  echo "the kernel still sees $node at other sectors ($seen) than its table has it ($planned):" \
    "reboot, then run \`bramble up\` again" >&2
  exit 1
fi
)sh";

// Forces mkfs only over what an interrupted mkfs of ours left.
constexpr std::string_view kFormat = R"sh(
force=
found=0
blkid -p -o export "$node" > /run/bramble-blkid || found=$?
if [ $found -ne 0 ] && [ $found -ne 2 ]; then
  echo "$node has signatures of several kinds: nothing was written" >&2
  exit 1
fi
if grep -q '^UUID=' /run/bramble-blkid || grep -q '^TYPE=' /run/bramble-blkid; then
  grep -qx "UUID=$uuid" /run/bramble-blkid && grep -qx TYPE=xfs /run/bramble-blkid || {
    echo "$node has a signature that was not there before: nothing was written" >&2
    exit 1
  }
  force=-f
fi
rm -f /run/bramble-blkid
! findmnt -rno TARGET --source "$node" || { echo "$node is mounted" >&2; exit 1; }
mkfs.xfs -q $force -i size=512 -L "$label" -m uuid="$uuid" "$node"
sync
)sh";

constexpr std::string_view kFstab = R"sh(
touch /etc/fstab
trap 'rm -f /etc/fstab.bramble-new' EXIT
cp -p /etc/fstab /etc/fstab.bramble-new
[ -z "$(tail -c 1 /etc/fstab)" ] || echo >> /etc/fstab.bramble-new
echo "$line" >> /etc/fstab.bramble-new
sync /etc/fstab.bramble-new
mv /etc/fstab.bramble-new /etc/fstab
systemctl daemon-reload || true
)sh";

std::string variables(const BrickWork& work) {
  return fmt::format(
      "exec 9>{}/brick\nflock -w 60 9\n"
      "disk={}\nnode={}\nnumber={}\nstart={}\nsectors={}\nentry={}\nuuid={}\nlabel={}\nline={}\n",
      kLocksFolder, shell_quote(work.disk), shell_quote(work.device), work.journal.number,
      work.journal.start, work.journal.sectors, shell_quote(work.partition_entry),
      shell_quote(work.journal.uuid), kBrickLabel, shell_quote(work.fstab_line));
}

// Free space may hold what a deleted partition left: that is no empty place, either.
Result<void> probe_free_space(Host& host, const BrickWork& work) {
  const std::string found =
      TRY(host.sh(fmt::format("rc=0; blkid -p -o export -O {} -S {} {} || rc=$?\n"
                              "case $rc in 0|2) ;; *) echo AMBIVALENT=1 ;; esac\n",
                              work.probe_offset, work.probe_bytes, shell_quote(work.disk))));
  const std::string seen = describe_signature(found);
  if (seen.empty()) return {};
  return failure(fmt::format(
      "{}: the free space of {} behind the last partition holds {}, perhaps of a deleted "
      "partition; if it is of no use, erase its beginning with: blkdiscard --zeroout --offset {} "
      "--length 16MiB {}",
      host.name(), work.disk, seen, work.probe_offset, work.disk));
}

Result<BrickWork> look_and_decide(const Site& site, const std::string& machine) {
  const VolumeOptions volume = volume_on(site.cluster(), *site.cluster().find(machine));
  Host& host = site.host(machine);
  const std::string text =
      TRY(host.sh(brick_look_script(volume.brick, brick_mount(volume), brick_folder(volume))));
  Result<BrickWork> decided = decide_brick(volume, brick_folder(volume), Report(text));
  if (!decided.ok()) return failure(fmt::format("{}: {}", machine, decided.error().what));
  if (!decided->partition_entry.empty()) TRY(probe_free_space(host, *decided));
  return decided;
}

class BrickStep final : public Step {
 public:
  std::string_view name() const override { return "brick"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

std::vector<std::string> BrickStep::machines(const Cluster& cluster) const {
  return names_of_storing(cluster);
}

Result<std::vector<Change>> BrickStep::plan(const Site& site, const std::string& machine) const {
  const BrickWork work = TRY(look_and_decide(site, machine));
  std::vector<Change> changes;
  for (const std::string& line : work.lines) changes.push_back({line});
  return changes;
}

Result<void> BrickStep::apply(const Site& site, const std::string& machine) const {
  BrickWork work = TRY(look_and_decide(site, machine));
  if (work.empty()) return {};
  Host& host = site.host(machine);
  const VolumeOptions volume = volume_on(site.cluster(), *site.cluster().find(machine));
  const std::string folder = brick_folder(volume);
  const std::string journal(kBrickJournal);
  const std::string set = variables(work);

  if (work.write_journal) TRY(host.put(journal, work.journal.text(), 0600));
  if (!work.partition_entry.empty())
    TRY(host.sh({.text = set + std::string(kMakePartition), .input = work.planned_table + "\n"}));
  if (work.journal.kind == "free-space" && work.mount) TRY(host.sh(set + std::string(kTellKernel)));
  if (work.format) {
    TRY(host.sh({.text = set + std::string(kFormat), .timeout = std::chrono::minutes(10)}));
    work.journal.formatted = true;
    TRY(host.put(journal, work.journal.text(), 0600));
  }
  if (!work.fstab_line.empty()) TRY(host.sh(set + std::string(kFstab)));
  if (work.mount) {
    const std::string mount = shell_quote(brick_mount(volume));
    TRY(host.sh(
        fmt::format("mkdir -p {0}\nfindmnt -rno SOURCE --mountpoint {0} || mount {0}\n", mount)));
  }
  // On the disk before the journal says that it is there.
  if (work.make_folder)
    TRY(host.sh({.text = fmt::format("mkdir -p {0}\nsync -f {0}\n", shell_quote(folder)),
                 .timeout = std::chrono::minutes(5)}));
  if (work.journal.kind == "folder" && !work.journal.formatted) {  // its absence is a fault now
    work.journal.formatted = true;
    TRY(host.put(journal, work.journal.text(), 0600));
  }
  return {};
}

}  // namespace

std::unique_ptr<Step> brick_step() { return std::make_unique<BrickStep>(); }

}  // namespace bramble::provision
