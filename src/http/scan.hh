// SPDX-License-Identifier: Apache-2.0
// Where a run of allowed bytes ends: the inner loops of the head parsers. 16 bytes a step where the
// machine has SSE2, one at a time elsewhere.
#pragma once

#include <cstddef>
#include <string_view>

namespace bramble::http {

// The offset of the first byte that may not stand in a field's value (a control byte other than
// tab: so also of the line's end), or text.size().
std::size_t find_value_end(std::string_view text);

// The offset of the first byte that may not stand in a request target (a blank, a control byte, a
// byte above 0x7e), or text.size().
std::size_t find_target_end(std::string_view text);

}  // namespace bramble::http
