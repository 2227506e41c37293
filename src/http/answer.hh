// SPDX-License-Identifier: Apache-2.0
// What an application answers a request with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/headed_bytes.hh"
#include "net/wire.hh"

namespace bramble::http {

// A body that is too large to be handed over at once, or that is not there yet. It sends itself.
// Owned by the connection: destroyed when it is done, or the visitor is gone.
class BodySource {
 public:
  enum class Progress : std::uint8_t {
    kDone,     // all of it was sent
    kBlocked,  // the socket is full: call again when it is writable
    kWaiting,  // there is nothing to send yet: ServerConnection::resume will be called
    kMore,     // there is more to send at once, but others shall have their turn
    kFailed,   // it cannot be completed: the connection is reset, so that no one takes it for whole
  };

  virtual ~BodySource() = default;

  // Sends as much as the socket takes. The head, and nothing else, may still be pending on the
  // wire: it must be flushed first where bytes go past the wire (sendfile).
  virtual Progress send(Wire& wire) = 0;

  // How many bytes of it were sent so far.
  virtual std::uint64_t sent_bytes() const = 0;
};

// The views need to live until ServerConnection::answer returns.
struct Answer {
  int status = 200;
  std::string_view fields;              // whole lines "Name: value\r\n"; no Date, no Content-Length
  std::string_view body;                // sent with the head; or, instead of it:
  std::unique_ptr<BodySource> source;   // of exactly `length` bytes
  std::optional<std::uint64_t> length;  // of the source; or, to HEAD, what GET would give
  // Instead of all these but the status, not to HEAD: the head from the fields on, and the body.
  std::shared_ptr<const HeadedBytes> kept;
  bool close = false;  // end the connection behind it
};

}  // namespace bramble::http
