// SPDX-License-Identifier: Apache-2.0
// Who is in a lab, and how they are wired:
//
//     cluster01 .11   cluster02 .12   cluster03 .13   client .50        cluster04 .4   front .10
//          └───────────────┴──────┬────────┴──────────────┘                  └─────┬──────┘
//                     LAN 10.89.0.0/24 ── .1 router .1 ── Internet 198.18.0.0/24 ──┘
//                                 └ .200        operator         .200 ┘
//
// The router is a bare network namespace that masquerades the LAN and lets nothing in; the operator
// is one, too: the desk that ssh runs at, with a leg in each network. All others boot a Debian.
// 198.18.0.0/15 is set aside for tests (RFC 2544). The machine itself has no address in either.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bramble::lab {

enum class Network : std::uint8_t { kLan, kInternet };

struct LabHost {
  std::string name;
  Network network;
  std::string address;
};

inline constexpr const char* kRouter = "router";
inline constexpr const char* kOperator = "operator";
inline constexpr const char* kSwitch = "switch";  // the namespace of both bridges
inline constexpr const char* kGate = "gate";      // the process behind the loopback addresses
inline constexpr const char* kBalancerHost = "front";
inline constexpr const char* kClientHost = "client";

// A door from the machine's loopback address to a port of the balancer's host. The site is for
// everybody: it is reached as from anywhere in the Internet. The console is for who sits at that
// host: it answers on the host's own loopback address, and its firewall lets nobody else in.
enum class Reach : std::uint8_t { kFromInternet, kFromWithin };
struct Door {
  const char* what;
  std::uint16_t loopback_port;
  std::uint16_t port;
  Reach reach;
};
inline constexpr Door kSiteDoor{"site", 8080, 80, Reach::kFromInternet};
inline constexpr Door kConsoleDoor{"console", 8404, 8404, Reach::kFromWithin};
inline constexpr Door kDoors[] = {kSiteDoor, kConsoleDoor};

const std::vector<LabHost>& hosts();                // those that boot
const LabHost* find_host(const std::string& name);  // nullptr: no such host

const char* bridge(Network network);
std::string router_address(Network network);
std::string operator_address(Network network);

// Of the interface at the far end of a switch's port. It stays the same over boots, as a real one
// does: peers remember it. The bridges of two labs never meet, so it need not name the lab.
std::string mac_address(const std::string& port);

}  // namespace bramble::lab
