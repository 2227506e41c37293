// SPDX-License-Identifier: Apache-2.0
// How a fresh brick gets its names back: a sibling, a node whose brick has the same files, looks
// each of its own up on the volume, and the fresh brick tells which it lacks nevertheless.
//
//     sibling   names ─ looks them up ─┐    ┌─ looks those up that it still has ─┐
//     fresh                            └ what is missing? ─ nothing: done        └ …
//
// The names go from one to the other by way of us, sorted and compressed: some 10 MB a million.
#pragma once

#include <string>

#include "provision/step.hh"

namespace bramble::provision {

// An Error where the same names are still missing after some rounds. Blocks, for hours where there
// are many.
Result<void> fill_brick(const Site& site, const std::string& node, const std::string& sibling);

}  // namespace bramble::provision
