// SPDX-License-Identifier: Apache-2.0
// From the path of a request target to a name in a volume, and back.
//
//     /a//b%20c/   ─► "a/b c", asked as a folder
//     /a/../b  /%2e%2e/x  /a%2Fb  /a%00  /a%zz      malformed: 400
//     /.git/config  /a/.htaccess                    hidden: 404 (all but /.well-known/…)
//
// A name never has "." or ".." in it, nor a NUL, nor an empty component: what is decoded is decoded
// once, and checked afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bramble {

struct RequestPath {
  std::string name;     // as Volume::open takes it
  bool folder = false;  // it ended with a slash
};

enum class PathFault : std::uint8_t { kNone, kMalformed, kHidden };

// The path begins with "/" and has no query. After a fault `to` is of no use.
PathFault decode_path(std::string_view path, RequestPath& to);

// "/a/b%20c" for "a/b c": for a Location.
std::string encode_path(std::string_view name);

}  // namespace bramble
