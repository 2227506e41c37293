// SPDX-License-Identifier: Apache-2.0
// Step "password": nobody can log in with a password that the whole world knows. Images for the
// Raspberry Pi came with "raspberry" for years, and such machines are found within minutes.
//
// The password is replaced by "*", which matches nothing, rather than locked with "!": sshd may
// refuse a locked user altogether, and keys must go on to work. That they do is known: this very
// step came in by one (BatchMode asks for no password).
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> password_step();

}  // namespace bramble::provision
