// SPDX-License-Identifier: Apache-2.0
#include "base/result.hh"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bramble {

Error errno_error(const std::string& call, int code) {
  const bool retryable = code == EAGAIN || code == EINTR || code == EBUSY;
  const char* text = ::strerrordesc_np(code);
  return Error{.code = code,
               .retryable = retryable,
               .what = call + ": " + (text != nullptr ? text : "error " + std::to_string(code))};
}

Error errno_error(const std::string& call) { return errno_error(call, errno); }

void broken_invariant(const char* condition, const char* file, int line) {
  (void)std::fprintf(stderr, "bramble: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace bramble
