// SPDX-License-Identifier: Apache-2.0
#include "base/result.hh"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bramble {
namespace {

std::string text_of(int code) {
  const char* const known = ::strerrordesc_np(code);  // any thread, always in English
  return known != nullptr ? known : "error " + std::to_string(code);
}

}  // namespace

Error errno_error(const std::string& call, int code) {
  const bool retryable = code == EAGAIN || code == EINTR || code == EBUSY;
  return Error{.code = code, .retryable = retryable, .what = call + ": " + text_of(code)};
}

Error errno_error(const std::string& call) { return errno_error(call, errno); }

void broken_invariant(const char* condition, const char* file, int line) {
  (void)std::fprintf(stderr, "bramble: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace bramble
