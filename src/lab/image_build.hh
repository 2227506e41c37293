// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hh"
#include "lab/narrator.hh"
#include "lab/recipe.hh"

namespace bramble::lab {

// Cooks the recipe in an empty folder: disk.img and repository/ are what stays there. Needs root,
// the network, and some minutes. Programs that run inside the new system live in mount and process
// namespaces of their own that end with us, so a killed build leaves files only.
Result<void> build_image(const Recipe& recipe, const std::string& folder, Narrator& narrator);

}  // namespace bramble::lab
