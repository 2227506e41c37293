// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/access_log.hh"

namespace bramble::http {

// Is told of every exchange of a server when it has ended, on the loop's thread. The record's views
// die when it returns.
class AccessObserver {
 public:
  // Whether it looks at a record's texts; else they are empty.
  virtual bool reads_texts() const = 0;
  virtual void on_exchange(const AccessRecord& record) = 0;

 protected:
  ~AccessObserver() = default;
};

}  // namespace bramble::http
