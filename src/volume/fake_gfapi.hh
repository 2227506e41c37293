// SPDX-License-Identifier: Apache-2.0
// gfapi's calls on a FakeGluster, and the events that it hears of.
#pragma once

#include <cstdint>
#include <memory>

#include "volume/fake_gluster.hh"

namespace bramble {

void call_on(FakeGluster* fake);  // from now on; nullptr: on none
GlusterLibrary fake_gfapi();

// For the callback of a session, which frees it.
glfs_upcall_t* fake_upcall(const std::shared_ptr<FakeNode>& node, std::uint32_t flags);

}  // namespace bramble
