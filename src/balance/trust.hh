// SPDX-License-Identifier: Apache-2.0
// Whom we believe what they say of others: a proxy in front of us may tell for whom it asks, by
// X-Forwarded-* and Forwarded (RFC 7239) or by the PROXY protocol; anybody else's word is taken
// off. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/request_head.hh"
#include "net/prefix.hh"
#include "net/proxy_protocol.hh"

namespace bramble::balance {

struct TrustOptions {
  std::vector<Prefix> forwarded_from;      // the proxies in front
  bool accept_proxy = false;               // their connections begin with a PROXY header
  std::optional<ProxyVersion> send_proxy;  // ours to backends do
  bool forwarded = false;                  // tell backends in Forwarded as well

  bool trusts(const Address& address) const { return contains(forwarded_from, address); }
};

// Whose request it is, where a trusted sender forwards it: the last one in X-Forwarded-For that is
// not itself a trusted proxy. The text is of the head or the sender.
std::string_view visitor_of(const http::RequestHead& head, std::string_view sender,
                            const TrustOptions& options);

}  // namespace bramble::balance
