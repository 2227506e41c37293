// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bramble::http {

// "Not Found" (RFC 9110 §15); "Unknown" for a status that none has described.
std::string_view reason_of(int status);

}  // namespace bramble::http
