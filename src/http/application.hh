// SPDX-License-Identifier: Apache-2.0
// What stands behind a server: it is asked, and it answers, at once or later.
#pragma once

#include <memory>

#include "http/request_head.hh"

namespace bramble::http {

class ServerConnection;

// The application's side of a request that is not answered yet. Owned by the connection: destroyed
// when the answer is given, or when the visitor is gone and there is no one left to answer.
class Pending {
 public:
  virtual ~Pending() = default;

  // The time for an answer is over. True: the application has answered now, as well as it could.
  // False: it has not, and the visitor is answered 503.
  virtual bool answer_late() { return false; }
};

class Application {
 public:
  // On the loop's thread. The head's views die when this returns. Either the application calls
  // connection.answer before it returns, and returns nothing; or it returns what stands for the
  // request, and calls connection.answer later, on the loop's thread, unless that was destroyed.
  virtual std::unique_ptr<Pending> on_request(const RequestHead& head,
                                              ServerConnection& connection) = 0;

 protected:
  ~Application() = default;
};

}  // namespace bramble::http
