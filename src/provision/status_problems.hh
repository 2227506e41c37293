// SPDX-License-Identifier: Apache-2.0
// What is wrong in a document of status.hh, a line each, and what to do about it. Pure.
#pragma once

#include <string>
#include <vector>

#include "provision/json_at.hh"

namespace bramble::provision {

std::vector<std::string> problems_of(const Json& document);

}  // namespace bramble::provision
