// SPDX-License-Identifier: Apache-2.0
// Answers of the balancer's own: a status and a line of plain text.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hh"

namespace bramble::balance {

struct LocalAnswer {
  int status = 502;
  std::string_view text;      // one line without a dot
  WallTime now;               // for Date
  bool close = true;          // the connection ends with it
  bool without_body = false;  // to HEAD
};

void append_local_answer(std::string& out, const LocalAnswer& answer);

}  // namespace bramble::balance
