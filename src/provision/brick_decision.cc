// SPDX-License-Identifier: Apache-2.0
#include "provision/brick_decision.hh"

#include <fmt/format.h>

#include "base/text.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kOtherBricks =
    "use brick = { path = … } for a folder, or { device = … } for an empty device";

struct Question {
  const VolumeOptions& options;
  const std::string& folder;
  const Report& look;
  std::optional<BrickJournal> journal;
};

std::string_view kind_name(Brick::Kind kind) {
  switch (kind) {
    case Brick::Kind::kFreeSpace:
      return "free-space";
    case Brick::Kind::kDevice:
      return "device";
    case Brick::Kind::kFolder:
      return "folder";
  }
  return "";
}

// What the mount point and fstab say, where they say anything foreign.
Result<void> check_mount_point(const Question& q, const std::string& mount) {
  const std::string ours = q.journal && q.journal->formatted ? q.journal->uuid : "";
  const std::string mounted = q.look.value("mount", "source");
  if (!mounted.empty() && !ours.empty() && q.look.value("mount", "uuid").empty())
    return failure(fmt::format(
        "{0} is mounted from {1}, which does not answer any more: was its disk unplugged? See "
        "with lsblk that it is back, run umount -l {0} there, and `bramble up` again",
        mount, mounted));
  if (!mounted.empty() && (ours.empty() || q.look.value("mount", "uuid") != ours))
    return failure(fmt::format(
        "{} is already the mount point of {}, which is not bramble's brick: unmount it, or use it "
        "as it is with brick = {{ path = \"{}\" }}",
        mount, mounted, mount));
  const std::string& fstab = q.look["fstab"];
  if (!fstab.empty() && (ours.empty() || words(fstab).front() != "UUID=" + ours))
    return failure(
        fmt::format("/etc/fstab has a foreign line for {}: \"{}\"; remove it, or use "
                    "the folder as it is with brick = {{ path = \"{}\" }}",
                    mount, fstab, mount));
  const std::string& content = q.look["content"];
  if (mounted.empty() && !content.empty())
    return failure(fmt::format(
        "{} is not empty (it has {}): the brick shall be mounted there; move these files away",
        mount, comma_list(content)));
  return {};
}

// Filesystem, fstab, mount and folder of a device that is (or is about to be) ours.
void finish(const Question& q, const std::string& mount, const std::string& size, BrickWork& work) {
  if (!work.journal.formatted) {
    work.format = true;
    work.lines.push_back(fmt::format("format {} ({}) as xfs", work.device, size));
  }
  if (q.look["fstab"].empty()) {
    work.fstab_line = fmt::format("UUID={} {} xfs noatime,nofail,x-systemd.device-timeout=30s 0 0",
                                  work.journal.uuid, mount);
    work.lines.push_back(fmt::format("mount it at {} at boot, by UUID in /etc/fstab", mount));
  }
  work.mount = q.look.value("mount", "source").empty();
  work.make_folder = work.mount || q.look["folder"] != "present";
  if (work.lines.empty() && work.mount)
    work.lines.push_back(fmt::format("mount {} at {}", work.device, mount));
  if (work.make_folder) work.lines.push_back(fmt::format("make the brick's folder {}", q.folder));
}

Result<void> check_signature(const Question& q, const std::string& device,
                             const std::string& mount) {
  const std::string& blkid = q.look["signature"];
  const std::string seen = describe_signature(blkid);
  const bool ours =
      q.journal && value_of(blkid, "TYPE") == "xfs" && value_of(blkid, "UUID") == q.journal->uuid;
  if (ours) return {};
  if (q.journal && q.journal->formatted) {
    const std::string replaced =
        q.options.brick.kind == Brick::Kind::kDevice
            ? fmt::format(
                  ". If the brick's disk was replaced, remove that file and the line of {} "
                  "in /etc/fstab: the other nodes fill the new one",
                  mount)
            : "";
    return failure(fmt::format(
        "{} should hold the brick's filesystem (UUID {}, says {}), but has {}: is it the right "
        "disk? Nothing was changed{}",
        device, q.journal->uuid, kBrickJournal, seen.empty() ? "none" : seen, replaced));
  }
  if (seen.empty()) return {};
  if (value_of(blkid, "TYPE") == "xfs" && value_of(blkid, "LABEL") == kBrickLabel)
    return failure(fmt::format(
        "{0} has {1}: a brick that bramble made before this system was installed. Its files are "
        "plain files: mount it elsewhere and look. Only if the other nodes have them all, empty it "
        "with wipefs --all {0}, and they fill it again",
        device, seen));
  return failure(
      fmt::format("{} has {}: use an empty device, or wipe it yourself with: wipefs --all {}",
                  device, seen, device));
}

Result<void> check_partition(const PartitionTable& table, const BrickJournal& journal) {
  if (table.id != journal.table)
    return failure(fmt::format(
        "{} has the partition table {}, but {} speaks of {}: was the disk replaced? If this host "
        "has no brick, remove that file",
        table.disk, table.id, kBrickJournal, journal.table));
  const Partition* entry = table.find(journal.number);
  if (entry != nullptr && (entry->start != journal.start || entry->sectors != journal.sectors))
    return failure(fmt::format(
        "{} has sectors {}+{}, but {} planned {}+{} there: someone else made it; if it is empty, "
        "remove it and that file",
        entry->node, entry->start, entry->sectors, kBrickJournal, journal.start, journal.sectors));
  if (entry == nullptr && journal.formatted)
    return failure(fmt::format("{} is gone from the partition table of {}, and with it the brick",
                               partition_node(table.disk, journal.number), table.disk));
  return {};
}

// A kernel may go on seeing what stood in the table before: then the node is not the brick.
Result<void> check_kernel(const Question& q, const PartitionTable& table) {
  if (q.look["kernel"].empty()) return {};
  const std::uint64_t unit = table.sector_bytes / 512;
  const std::string seen =
      fmt::format("{}+{}", q.look.value("kernel", "start"), q.look.value("kernel", "size"));
  const std::string planned =
      fmt::format("{}+{}", q.journal->start * unit, q.journal->sectors * unit);
  if (seen == planned) return {};
  return failure(
      fmt::format("the kernel still sees {} at other sectors ({}) than its table has it ({}): "
                  "reboot, then run `bramble up` again",
                  partition_node(table.disk, q.journal->number), seen, planned));
}

Result<void> plan_partition(const Question& q, const PartitionTable& table, BrickWork& work) {
  const std::uint64_t disk_bytes = parse_number(q.look.value("disk", "bytes")).value_or(0);
  const Partition fresh = TRY(place_behind_last(table, disk_bytes));
  if (!q.journal) {
    work.write_journal = true;
    work.journal = {.kind = "free-space",
                    .device = fresh.node,
                    .table = table.id,
                    .number = fresh.number,
                    .start = fresh.start,
                    .sectors = fresh.sectors,
                    .uuid = q.look["uuid"]};
  } else if (q.journal->start < fresh.start ||
             q.journal->start + q.journal->sectors > fresh.start + fresh.sectors) {
    return failure(
        fmt::format("sectors {}+{} of {}, planned in {}, are no longer free; remove "
                    "that file to plan anew",
                    q.journal->start, q.journal->sectors, table.disk, kBrickJournal));
  }
  Partition entry = fresh;
  entry.number = work.journal.number;
  entry.start = work.journal.start;
  entry.sectors = work.journal.sectors;
  work.partition_entry = sfdisk_entry(table, entry);
  work.planned_table = q.look["table"];
  work.probe_offset = entry.start * table.sector_bytes;
  work.probe_bytes = entry.sectors * table.sector_bytes;
  work.lines.push_back(fmt::format(
      "create {} in the free space of {} behind the last partition: sectors {} to {} ({})",
      partition_node(table.disk, entry.number), table.disk, entry.start,
      entry.start + entry.sectors - 1, human_bytes(work.probe_bytes)));
  return {};
}

Result<BrickWork> decide_free_space(const Question& q, const std::string& mount) {
  BrickWork work;
  if (q.journal) work.journal = *q.journal;
  work.disk = q.look.value("disk", "node");
  if (work.disk.empty())
    return failure(
        fmt::format("the root filesystem lies on {} ({}), not on a partition of a disk: {}",
                    q.look.value("root", "source"), q.look.value("root", "type"), kOtherBricks));
  if (!q.look["fault"].empty())
    return failure(
        fmt::format("the partition table of {} cannot be read: {}", work.disk, q.look["fault"]));
  if (q.look["table"].empty()) {
    work.lines.push_back(
        fmt::format("create a partition in the free space of {}, format it as xfs, mount it at {} "
                    "(its sectors are known once sfdisk is installed)",
                    work.disk, mount));
    return work;
  }
  const PartitionTable table = TRY(parse_partition_table(q.look["table"]));
  if (q.journal) TRY(check_partition(table, *q.journal));
  if (!q.journal || table.find(q.journal->number) == nullptr) {
    TRY(plan_partition(q, table, work));
  } else {
    TRY(check_kernel(q, table));
    TRY(check_signature(q, partition_node(table.disk, q.journal->number), mount));
  }
  work.device = partition_node(table.disk, work.journal.number);
  finish(q, mount, human_bytes(work.journal.sectors * table.sector_bytes), work);
  return work;
}

// Whatever speaks against a device that the file names and that is not ours yet.
Result<void> check_device(const Question& q, const std::string& device) {
  const Report& look = q.look;
  if (device.empty())
    return failure(fmt::format("there is no block device {}: see lsblk for those that there are",
                               q.options.brick.path));
  if (look.value("device", "readonly") == "1")
    return failure(fmt::format("{} is read-only", device));
  if (!look["parts"].empty())
    return failure(
        fmt::format("{} is in use: it has {}; use an empty device, or one of its empty partitions",
                    device, comma_list(look["parts"])));
  if (!look["users"].empty())
    return failure(fmt::format("{} is in use: {}; use an empty device", device, look["users"]));
  return {};
}

Result<void> check_size(const std::string& device, std::uint64_t bytes) {
  if (bytes < kBrickBytesMin)
    return failure(fmt::format("{} has {}; a brick needs {} at the least", device,
                               human_bytes(bytes), human_bytes(kBrickBytesMin)));
  return {};
}

Result<BrickWork> decide_device(const Question& q, const std::string& mount) {
  BrickWork work;
  work.device = q.look.value("device", "node");
  if (q.journal) work.journal = *q.journal;
  // The brick is where it shall be, whatever name its disk has since the last boot.
  if (q.journal && q.journal->formatted && q.look.value("mount", "uuid") == q.journal->uuid) {
    finish(q, mount, "", work);
    return work;
  }
  if (!q.journal || !q.journal->formatted) TRY(check_device(q, work.device));
  TRY(check_signature(q, work.device.empty() ? q.options.brick.path : work.device, mount));
  const std::uint64_t bytes = parse_number(q.look.value("device", "bytes")).value_or(0);
  TRY(check_size(work.device, bytes));
  if (!q.journal) {
    work.write_journal = true;
    work.journal = {.kind = "device", .device = work.device, .uuid = q.look["uuid"]};
  }
  finish(q, mount, human_bytes(bytes), work);
  return work;
}

// GlusterFS keeps what it knows of a file in its extended attributes.
Result<void> check_filesystem(const std::string& folder, const std::string& type) {
  for (const std::string_view memory : {"tmpfs", "ramfs"})
    if (type == memory)
      return failure(fmt::format(
          "{} lies in memory ({}), and would be empty after a boot: name a folder on a disk",
          folder, type));
  if (type == "overlay")
    return failure(fmt::format(
        "{} lies on an overlay, whose files may be gone after a boot: name a folder on a disk",
        folder));
  for (const std::string_view without :
       {"vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "nfs", "nfs4", "cifs", "9p"})
    if (type == without)
      return failure(
          fmt::format("{} lies on {}, where GlusterFS cannot keep its attributes: name a folder on "
                      "xfs, ext4 or "
                      "btrfs",
                      folder, type));
  return {};
}

// A folder that is ours, but not where it was.
Result<void> check_presence(const Question& q, const std::string& mount) {
  const std::string filesystem = q.look.value("lies-on", "uuid");
  if (!q.journal->uuid.empty() && filesystem != q.journal->uuid)
    return failure(
        fmt::format("{} lies on {} (UUID {}), but the brick was made on the filesystem {}, says "
                    "{}: is its disk "
                    "there and mounted? Mount it, then run `bramble up` again. Nothing was changed",
                    mount, q.look.value("lies-on", "source"),
                    filesystem.empty() ? "unknown" : filesystem, q.journal->uuid, kBrickJournal));
  if (q.journal->formatted && q.look["folder"] != "present")
    return failure(fmt::format(
        "the brick's folder {} is gone, though {} says that it was made: is its disk there and "
        "mounted? Mount it, then run `bramble up` again; if its files are lost, remove {} to begin "
        "anew. Nothing was changed",
        q.folder, kBrickJournal, kBrickJournal));
  return {};
}

Result<BrickWork> decide_folder(const Question& q, const std::string& mount) {
  BrickWork work;
  if (q.journal) work.journal = *q.journal;
  const bool ours = q.journal && q.journal->device == mount;
  if (q.journal && !ours)
    return failure(fmt::format("this host's brick is in {}, says {}, but the file says {}",
                               q.journal->device, kBrickJournal, mount));
  const std::string& content = q.look["content"];
  if (!ours && !content.empty())
    return failure(
        fmt::format("{} is not empty (it has {}): a brick needs a new or an empty folder", mount,
                    comma_list(content)));
  if (!ours) {
    TRY(check_filesystem(mount, q.look.value("lies-on", "type")));
    work.write_journal = true;
    work.journal = {.kind = "folder", .device = mount, .uuid = q.look.value("lies-on", "uuid")};
  } else {
    TRY(check_presence(q, mount));
  }
  work.make_folder = !work.journal.formatted;
  if (work.make_folder) work.lines.push_back(fmt::format("make the brick's folder {}", q.folder));
  return work;
}

}  // namespace

std::string describe_signature(std::string_view blkid) {
  if (value_of(blkid, "AMBIVALENT") == "1") return "signatures of several kinds";
  const std::string type = value_of(blkid, "TYPE");
  const std::string table = value_of(blkid, "PTTYPE");
  const std::string label = value_of(blkid, "LABEL");
  if (type.empty() && table.empty()) return "";
  if (type.empty()) return fmt::format("a {} partition table", table);
  const bool filesystem = value_of(blkid, "USAGE") == "filesystem";
  const bool vowel = std::string_view("aeio").find(type.front()) != std::string_view::npos;
  return fmt::format("{} {} {}{}", vowel || type.front() == 'x' ? "an" : "a", type,
                     filesystem ? "filesystem" : "signature",
                     label.empty() ? "" : " labelled " + label);
}

Result<BrickWork> decide_brick(const VolumeOptions& options, const std::string& folder,
                               const Report& look) {
  Question q{.options = options, .folder = folder, .look = look, .journal = {}};
  q.journal = TRY(parse_brick_journal(look["journal"]));
  const Brick::Kind kind = options.brick.kind;
  if (q.journal && q.journal->kind != kind_name(kind))
    return failure(
        fmt::format("this host's brick is of kind {} ({}, says {}), but the file asks "
                    "for {}: bramble does not move bricks",
                    q.journal->kind, q.journal->device, kBrickJournal, kind_name(kind)));
  const std::string mount = folder.substr(0, folder.rfind('/'));
  if (kind == Brick::Kind::kFolder) return decide_folder(q, mount);
  TRY(check_mount_point(q, mount));
  return kind == Brick::Kind::kFreeSpace ? decide_free_space(q, mount) : decide_device(q, mount);
}

}  // namespace bramble::provision
