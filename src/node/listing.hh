// SPDX-License-Identifier: Apache-2.0
// What a folder holds, for people or for programs: folders first, then by name. What is hidden is
// not told.
//
//     {"path": "/docs/", "entries": [
//       {"name": "sub", "type": "folder", "modified": "2026-11-23T08:45:22Z"},
//       {"name": "a.txt", "type": "file", "modified": "…", "size": 10}], "more": false}
//
// `more`: there are others, which are left out: too many, or links that take too long to follow.
#pragma once

#include <string>
#include <string_view>

#include "volume/volume.hh"

namespace bramble {

bool is_hidden(const FolderEntry& entry);

// Without what is hidden, and without links: they are to be replaced by what they lead to before.
void arrange(FolderListing& listing);

// path: decoded, from and to a slash. Names are written so that none of them can be markup, another
// address, or end the page.
std::string listing_html(std::string_view path, const FolderListing& listing);
std::string listing_json(std::string_view path, const FolderListing& listing);

}  // namespace bramble
