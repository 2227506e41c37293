// SPDX-License-Identifier: Apache-2.0
// Whom a lost brick is filled from: best a node of its set whose brick has all files. One has not
//
//     that another accuses      of missing a write, in that one's index of files to heal
//     that is healed itself     says a mark on its node (kBrickToFill), which outlives the
//     accusers:
//                               where the lost brick was the only one that knew, nobody else does
//     that is not mounted       as nobody can say
//
// GlusterFS writes to more than half of a set, and heals while all of it is there: what one lacks
// as it was away is on another. Not so where one is marked: then a whole one is needed.
// A part of the step "pool".
#pragma once

#include <string>
#include <vector>

#include "provision/step.hh"

namespace bramble::provision {

struct Source {
  std::string node;                  // to fill from
  std::size_t number = 0;            // of the lost brick, in the volume
  std::vector<std::string> others;   // of its set, whose bricks are there, the source among them
  std::vector<std::string> lacking;  // of its set, whose bricks lack something, or may
};

// For a node whose brick of these, the volume's, is lost: they are those of the file. The Error is
// a refusal: who lacks what, and what to do.
Result<Source> find_source(const Site& site, const std::string& node,
                           const std::vector<std::string>& bricks);

}  // namespace bramble::provision
