// SPDX-License-Identifier: Apache-2.0
// Bytes both ways between our standard streams and a socket: an ssh ProxyCommand.
#pragma once

#include "base/unique_fd.hh"

namespace bramble::lab {

// Each direction has a thread of its own. Returns when the socket's side has ended; the caller
// should then end the process.
void relay_standard_streams(UniqueFd socket);

}  // namespace bramble::lab
