// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.hh"
#include "provision/brick_decision.hh"

namespace bramble::provision {

std::string BrickJournal::text() const {
  return fmt::format(
      "# What `bramble up` decided to write for the brick, before it wrote it. Keep this file.\n"
      "kind={}\ndevice={}\ntable={}\nnumber={}\nstart={}\nsectors={}\nuuid={}\nphase={}\n",
      kind, device, table, number, start, sectors, uuid, formatted ? "formatted" : "planned");
}

Result<std::optional<BrickJournal>> parse_brick_journal(const std::string& text) {
  if (text.empty()) return std::optional<BrickJournal>();
  BrickJournal journal;
  journal.kind = value_of(text, "kind");
  journal.device = value_of(text, "device");
  journal.table = value_of(text, "table");
  journal.number = static_cast<unsigned>(parse_number(value_of(text, "number")).value_or(0));
  journal.start = parse_number(value_of(text, "start")).value_or(0);
  journal.sectors = parse_number(value_of(text, "sectors")).value_or(0);
  journal.uuid = value_of(text, "uuid");
  const std::string phase = value_of(text, "phase");
  journal.formatted = phase == "formatted";
  const bool known_phase = journal.formatted || phase == "planned";
  const bool known_kind =
      journal.kind == "free-space" || journal.kind == "device" || journal.kind == "folder";
  if (!known_kind || !known_phase || (journal.kind != "folder" && journal.uuid.empty()))
    return failure(fmt::format("{} is damaged: restore it, or remove it if this host has no brick",
                               kBrickJournal));
  return std::optional(journal);
}

}  // namespace bramble::provision
