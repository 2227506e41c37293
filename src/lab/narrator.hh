// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bramble::lab {

// Who tells the operator what is going on. Called by one thread.
class Narrator {
 public:
  virtual ~Narrator() = default;
  virtual void say(std::string_view line) = 0;         // stays to be read
  virtual void murmur(std::string_view progress) = 0;  // replaced by what comes next
};

}  // namespace bramble::lab
