// SPDX-License-Identifier: Apache-2.0
// What the visitors of a drill saw, and how it is told.
#pragma once

#include <optional>

#include "base/result.hh"
#include "cli/drill_faults.hh"
#include "cli/drill_flags.hh"
#include "drill/downloads.hh"
#include "drill/visitors.hh"

namespace bramble::cli {

struct Seen {
  drill::VisitorReport requests;
  drill::DownloadsReport downloads;
  unsigned faults = 0;
  std::optional<WentOn> went_on;  // meanwhile
  std::optional<Error> trouble;   // it ended before its time

  bool well() const {
    return requests.failures() == 0 && downloads.failures() == 0 && downloads.others == 0 &&
           !trouble;
  }
};

// On standard output.
void print_drill(const DrillFlags& flags, const Seen& seen);
void print_drill_json(const DrillFlags& flags, const Seen& seen);

}  // namespace bramble::cli
