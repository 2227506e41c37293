// SPDX-License-Identifier: Apache-2.0
// Why a head is refused. Each fault has its status for the visitor and a line that says what was
// wrong; a backend's head with such a fault is a 502.
#pragma once

#include <cstdint>
#include <string_view>

namespace bramble::http {

enum class HeadFault : std::uint8_t {
  kNone,
  kStartLine,      // not METHOD TARGET VERSION, or VERSION STATUS REASON
  kMethodTooLong,  // longer than any method that there is
  kTarget,         // a byte or a form that no target has
  kTargetTooLong,  // the start line is past its limit
  kVersion,        // HTTP, but neither 1.0 nor 1.1
  kHeadTooLarge,   // all of it is past its limit
  kTooManyFields,
  kFieldName,  // empty, or a byte that no token has
  kBlankBeforeColon,
  kFold,         // a line that goes on with a blank: obs-fold
  kFieldValue,   // a control byte
  kLineEnd,      // CR or LF alone
  kHostMissing,  // in HTTP/1.1
  kHostTwice,
  kHost,                // not HOST or HOST:PORT
  kLength,              // Content-Length that is no plain number
  kLengthTwice,         // also where both are equal
  kLengthAndCoding,     // Content-Length and Transfer-Encoding
  kCoding,              // a Transfer-Encoding other than chunked
  kCodingNotFinal,      // chunked is missing at its end, or comes twice
  kCodingInOldVersion,  // Transfer-Encoding in HTTP/1.0
};

int status_of(HeadFault fault);             // 400, 414, 431, 501 or 505
std::string_view explain(HeadFault fault);  // one line without a dot

}  // namespace bramble::http
