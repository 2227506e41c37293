// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, SIGTERM and SIGHUP as a state that blocking code asks for. A signal belongs to the whole
// process, and so does this.
#pragma once

namespace bramble {

// From here on SIGINT, SIGTERM and SIGHUP are noted instead of ending the process; a second SIGINT
// ends it at once. Call it in main, before the first thread.
void catch_interrupts();

bool interrupted();  // any thread
int interrupt_fd();  // readable for ever once interrupted: for poll; -1 before catch_interrupts

}  // namespace bramble
