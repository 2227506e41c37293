// SPDX-License-Identifier: Apache-2.0
// What an observer will be told of the exchange under way on a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hh"
#include "http/access_observer.hh"
#include "http/request_head.hh"
#include "net/address.hh"

namespace bramble::http {

// Where nobody observes, nothing is noted.
class ExchangeNotes {
 public:
  explicit ExchangeNotes(AccessObserver* observer) : observer_(observer) {}

  void begin(const RequestHead* head, Monotonic now);  // nullptr: no head came whole
  void answered(int status, std::uint64_t body_bytes, Monotonic now);
  void body_sent(std::uint64_t bytes);
  void blame(Ending ending);  // how it ends where all is sent

  void end(const Address& peer, Monotonic now, WallTime wall);  // all was sent
  void end(Ending ending, const Address& peer, Monotonic now, WallTime wall);

 private:
  struct Notes {
    bool open = false;
    std::string request_line;
    std::string referer;
    std::string user_agent;
    Monotonic began{};
    Monotonic answered{};
    unsigned status = 0;
    std::uint64_t body_bytes = 0;
    Ending ending = Ending::kOk;
  };

  AccessObserver* const observer_;
  std::unique_ptr<Notes> notes_;  // kept from one exchange to the next for their memory
};

}  // namespace bramble::http
