// SPDX-License-Identifier: Apache-2.0
// The golden image and its package repository, built once and kept:
//
//     CACHE/lock                     held while one is built or removed
//     CACHE/.building/               one in the making; whatever lies there is a killed build's
//     CACHE/FINGERPRINT/disk.img     what every host's SD card is copied from
//     CACHE/FINGERPRINT/repository/  a flat Debian repository, bound into every host
//
// A recipe's fingerprint names its image, so a changed recipe gives another image; an image that no
// lab links to is removed when a new one is built. Blocks; any thread.
#pragma once

#include <string>

#include "base/result.hh"
#include "lab/narrator.hh"
#include "lab/recipe.hh"

namespace bramble::lab {

std::string image_cache();  // $XDG_CACHE_HOME/bramble/lab or /var/cache/bramble/lab

// Makes `link` a link to the folder of the recipe's image, which is built first where it is
// missing.
Result<void> link_image(const Recipe& recipe, const std::string& link, Narrator& narrator);

}  // namespace bramble::lab
