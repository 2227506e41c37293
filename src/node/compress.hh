// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/content_coding.hh"

namespace bramble {

// The content coded, for one answer that many will be given: gzip at level 6, br at 5, zstd at 6,
// each about 10 to 40 MB/s on a desktop's core. Nothing where that is no shorter, or memory lacks.
// Any thread; takes its time.
std::optional<std::string> compress(std::string_view content, http::ContentCoding coding);

}  // namespace bramble
