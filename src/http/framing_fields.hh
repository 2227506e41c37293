// SPDX-License-Identifier: Apache-2.0
// The fields that decide where a message ends and whether its connection lives on, of a request
// or a response (RFC 9112 §6, §7, §9.3), strictly: what two servers could read differently is a
// fault.
#pragma once

#include <cstdint>
#include <optional>

#include "http/field.hh"
#include "http/head_fault.hh"

namespace bramble::http {

struct FramingFields {
  std::optional<std::uint64_t> length;  // Content-Length
  bool chunked = false;                 // Transfer-Encoding: chunked
  bool close = false;                   // of Connection:
  bool keep_alive = false;
  bool upgrade = false;

  // Takes what the field says, if it is one of these. kNone where it is well.
  HeadFault take(const Field& field);

  // Whether the version's default and the Connection field leave the connection open.
  bool persistent(unsigned minor_version) const {
    return !close && (minor_version >= 1 || keep_alive);
  }

 private:
  HeadFault take_length(std::string_view value);
  HeadFault take_coding(std::string_view value);
  void take_connection(std::string_view value);
};

}  // namespace bramble::http
