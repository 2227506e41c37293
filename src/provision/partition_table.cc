// SPDX-License-Identifier: Apache-2.0
#include "provision/partition_table.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

constexpr std::uint64_t kAlignmentBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kDosSectorsMax = std::uint64_t{1} << 32U;  // 32-bit fields
constexpr unsigned kDosPrimaries = 4;
constexpr unsigned kGptEntries = 128;
constexpr std::string_view kLinuxGpt = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

// Of "start=  8192, size= 131072, type=83, name="a, b"": the value of one field.
std::string field(std::string_view fields, std::string_view key) {
  std::size_t at = 0;
  while (at < fields.size()) {
    while (at < fields.size() && (fields[at] == ' ' || fields[at] == ',')) ++at;
    const std::size_t begin = at;
    bool quoted = false;
    while (at < fields.size() && (quoted || fields[at] != ',')) quoted ^= fields[at++] == '"';
    const std::string_view one = fields.substr(begin, at - begin);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || trim(one.substr(0, equals)) != key) continue;
    std::string_view value = trim(one.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return "";
}

Result<Partition> parse_entry(std::string_view line) {
  const std::size_t colon = line.find(" : ");
  Partition partition;
  partition.node = trim(line.substr(0, colon));
  const std::string_view fields = line.substr(colon + 3);
  std::size_t digits = partition.node.size();
  while (digits > 0 && is_digit(partition.node[digits - 1])) --digits;
  const auto number = parse_number(std::string_view(partition.node).substr(digits));
  const auto start = parse_number(field(fields, "start"));
  const auto sectors = parse_number(field(fields, "size"));
  if (!number || !start || !sectors)
    return failure(fmt::format("sfdisk told a partition that is not understood: {}", line));
  partition.number = static_cast<unsigned>(*number);
  partition.start = *start;
  partition.sectors = *sectors;
  partition.name = field(fields, "name");
  return partition;
}

Result<unsigned> free_number(const PartitionTable& table) {
  const bool dos = table.label == PartitionTable::Label::kDos;
  for (unsigned number = 1; number <= (dos ? kDosPrimaries : kGptEntries); ++number)
    if (table.find(number) == nullptr) return number;
  return failure(fmt::format(
      "{} has no room for one more partition: its {} table holds {}; use brick = {{ path = … }} or "
      "another disk with brick = {{ device = … }}",
      table.disk, dos ? "MBR" : "GPT",
      dos ? "four primary partitions at most" : "128 partitions at most"));
}

}  // namespace

const Partition* PartitionTable::find(unsigned number) const {
  const auto found = std::find_if(partitions.begin(), partitions.end(),
                                  [&](const Partition& p) { return p.number == number; });
  return found == partitions.end() ? nullptr : &*found;
}

Result<PartitionTable> parse_partition_table(std::string_view dump) {
  PartitionTable table;
  table.disk = value_of(dump, "device");
  table.id = value_of(dump, "label-id");
  const std::string label = value_of(dump, "label");
  if (label != "dos" && label != "gpt")
    return failure(fmt::format(
        "{} has a partition table of kind \"{}\"; bramble adds partitions to MBR and GPT only: use "
        "brick = {{ path = … }} or {{ device = … }}",
        table.disk.empty() ? "the disk" : table.disk, label));
  table.label = label == "gpt" ? PartitionTable::Label::kGpt : PartitionTable::Label::kDos;
  table.sector_bytes = parse_number(value_of(dump, "sector-size")).value_or(512);
  table.last_usable = parse_number(value_of(dump, "last-lba")).value_or(0);
  for (const std::string_view line : lines(dump))
    if (line.find(" : start=") != std::string_view::npos)
      table.partitions.push_back(TRY(parse_entry(line)));
  return table;
}

std::string partition_node(std::string_view disk, unsigned number) {
  const bool separated = !disk.empty() && is_digit(disk.back());
  return fmt::format("{}{}{}", disk, separated ? "p" : "", number);
}

std::string sfdisk_entry(const PartitionTable& table, const Partition& partition) {
  if (table.label == PartitionTable::Label::kGpt)
    return fmt::format("start={}, size={}, type={}, name={}", partition.start, partition.sectors,
                       kLinuxGpt, kBrickPartitionName);
  return fmt::format("start={}, size={}, type=83", partition.start, partition.sectors);
}

Result<Partition> place_behind_last(const PartitionTable& table, std::uint64_t disk_bytes) {
  const std::uint64_t disk_sectors = disk_bytes / table.sector_bytes;
  const std::uint64_t alignment = kAlignmentBytes / table.sector_bytes;
  std::uint64_t end = disk_sectors;  // one past the last sector we may use
  if (table.label == PartitionTable::Label::kDos)
    end = std::min(end, kDosSectorsMax);
  else
    end = std::min(end, table.last_usable + 1);

  const Partition* last = nullptr;
  for (const Partition& partition : table.partitions)
    if (last == nullptr || partition.start + partition.sectors > last->start + last->sectors)
      last = &partition;
  const std::uint64_t behind = last == nullptr ? alignment : last->start + last->sectors;
  const std::uint64_t start = (behind + alignment - 1) / alignment * alignment;
  end = end / alignment * alignment;

  const std::uint64_t room = end > start ? (end - start) * table.sector_bytes : 0;
  if (room < kBrickBytesMin) {
    if (table.label == PartitionTable::Label::kGpt && table.last_usable != 0 &&
        (disk_sectors - std::min(disk_sectors, table.last_usable + alignment)) *
                table.sector_bytes >=
            kBrickBytesMin)
      return failure(fmt::format(
          "the GPT of {} ends at sector {} of {}: it was written for a smaller disk; move its end "
          "with: sfdisk --relocate gpt-bak-std {}",
          table.disk, table.last_usable, disk_sectors, table.disk));
    return failure(fmt::format(
        "{} ({}) has {} free behind its last partition {}; a brick needs {} at the least: use "
        "brick = {{ path = … }} for a folder, or {{ device = … }} for another disk",
        table.disk, human_bytes(disk_bytes), human_bytes(room), last ? last->node : "(none)",
        human_bytes(kBrickBytesMin)));
  }
  Partition partition;
  partition.number = TRY(free_number(table));
  partition.node = partition_node(table.disk, partition.number);
  partition.start = start;
  partition.sectors = end - start;
  return partition;
}

}  // namespace bramble::provision
