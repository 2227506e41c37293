// SPDX-License-Identifier: Apache-2.0
// Heads as they are handed on (RFC 9110 §7.6): what belongs to one hop alone is taken off, what a
// proxy has to say is put on. Pure.
//
//   request   off: Connection and what it names, Keep-Alive, Proxy-Connection, TE, Upgrade,
//                  Forwarded, X-Forwarded-* (also where it is written with `_`), X-Request-Id (a
//                  visitor may write anything there)
//             on:  X-Forwarded-For/-Host/-Proto, X-Request-Id, Via; Forwarded where asked for
//             from a trusted sender, what it told of these stays: its lists are gone on with
//             the target in origin-form, Host as the target names it
//   answer    off: Connection and what it names, Keep-Alive, Proxy-Connection, Upgrade
//             on:  Via; Set-Cookie for a sticky visitor; Connection where this hop needs a word of
//             its own
//
// Framing goes on as it was understood: it was parsed strictly, and Transfer-Encoding is written
// anew. An answer that cannot have a body loses both fields. What a Connection field names is taken
// off whatever it is (RFC 9110 §7.6.1), but for framing, Expect, Host, Authorization, and what is
// put on here.
#pragma once

#include <string>
#include <string_view>

#include "http/request_head.hh"
#include "http/response_head.hh"

namespace bramble::balance {

struct RequestForwarding {
  std::string_view client_ip;
  std::string_view request_id;
  bool trusted = false;    // the client's own word on others is kept
  bool forwarded = false;  // tell in Forwarded as well
  bool upgrade = false;    // ask the backend to switch protocols, as the client does
};

void append_request_head(std::string& out, const http::RequestHead& head,
                         const RequestForwarding& forwarding);

// What the answer says of the connection to the client.
enum class Persistence : std::uint8_t {
  kAssumed,    // HTTP/1.1: nothing needs to be said
  kKeepAlive,  // to an HTTP/1.0 client that asked for it
  kClose,
  kUpgrade,
};

struct AnswerForwarding {
  Persistence persistence = Persistence::kAssumed;
  bool without_coding = false;  // the client knows no chunks: the body is decoded
  std::string_view set_cookie;  // a field of our own; "": none
};

void append_answer_head(std::string& out, const http::ResponseHead& head,
                        const AnswerForwarding& forwarding);

}  // namespace bramble::balance
