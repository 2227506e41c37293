// SPDX-License-Identifier: Apache-2.0
// Bounds that hold for every connection of the balancer's, whoever reads or writes it.
#pragma once

#include <chrono>

#include "http/request_head.hh"

namespace bramble::balance {

// Pieces that a connection moves; then others have their turn.
inline constexpr int kPiecesPerTurn = 16;

// Of a backend's answer, which may set many cookies.
inline constexpr http::HeadLimits kAnswerHeadLimits = {.head_bytes = 32 * 1024};

// For a connection while others could be asked: a SYN that is lost is sent again after 1 s only.
inline constexpr std::chrono::milliseconds kConnectPatience{500};

}  // namespace bramble::balance
