// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bramble {

// Whether a glob matches a path, "/a/b.css":
//
//     ?         one byte that is no slash         /a/?.css
//     *         any number of them, none as well  /a/*.css
//     **        any bytes, slashes as well        /a/**   (also matches "/a/" itself)
//     /**/      any folders, none as well         /a/**/b.css
//     no slash  is matched against what follows the path's last slash: *.css; but "**" against all
//
// All else stands for itself. Time: about the product of both lengths at the most. Pure.
bool glob_matches(std::string_view glob, std::string_view path);

}  // namespace bramble
