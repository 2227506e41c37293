// SPDX-License-Identifier: Apache-2.0
// Listening sockets that were open before this program began, so that no connection is lost while
// one program takes another's place:
//
//     BRAMBLE_HANDOVER="ready=5,listen=7,listen=8,admin=9"   from our predecessor: descriptors by
//         what they are; to `ready` we write an int 0 once we listen
//     LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES                  from systemd: sd_listen_fds(3); a
//         socket named "admin" is for the admin's door, any other for clients
//
// What waits in a socket's backlog waits until nobody holds the socket any more: so these very
// sockets are used, and new ones beside them only where there are more threads.
#pragma once

#include <vector>

#include "base/unique_fd.hh"
#include "net/address.hh"

namespace bramble {

enum class Door : std::uint8_t { kClients, kAdmin };

class Inheritance {
 public:
  // Takes all out of the environment, so that no child of ours believes them its own. To be called
  // once, before the first thread.
  static Inheritance take();

  // The sockets that listen where it is wanted; port 0 is any one port of that IP. May be empty.
  std::vector<UniqueFd> claim(Door door, const Address& wanted);

  std::vector<Address> addresses(Door door) const;  // of those not claimed, each once
  void close_unclaimed();
  bool from_predecessor() const { return from_predecessor_; }
  void tell_ready();  // the predecessor, if there is one: now it may stop to accept

 private:
  struct Socket {
    UniqueFd fd;
    Door door = Door::kClients;
    Address address;
  };

  void take_handover(const char* text);
  void take_activation(const char* count, const char* names);
  void add(int fd, Door door);

  bool from_predecessor_ = false;
  UniqueFd ready_;
  std::vector<Socket> sockets_;
};

}  // namespace bramble
