// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bramble {

// The media type of a file by its name's extension, in any case of letters, with the charset where
// it is text; "application/octet-stream" where the extension says nothing.
std::string_view media_type_of(std::string_view name);

// Whether files of that type are text, or packed so loosely that a content coding pays. With or
// without parameters.
bool is_compressible(std::string_view type);

}  // namespace bramble
