// SPDX-License-Identifier: Apache-2.0
// One way to fail: a function that can fail returns Result<T>, a T or an Error. Nothing of ours
// throws. TRY hands an error through:
//
//     Result<Config> load(const std::string& path) {
//       std::string text = TRY(read_file(path));
//       return parse(text);
//     }
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace bramble {

// Whose fault it is: decides the status a visitor sees and which backend is blamed.
enum class Side : std::uint8_t { kClient, kBackend, kUs };

struct Error {
  int code = 0;  // an errno, or 0 where no system call failed
  Side side = Side::kUs;
  bool retryable = false;  // the same call may succeed later, unchanged
  std::string what;        // one line: what was wrong, where, what to do; no trailing dot
};

// An Error that names its system call: "open /etc/foo: Permission denied". Reads errno.
Error errno_error(const std::string& call);
Error errno_error(const std::string& call, int code);

// An Error of our own making.
inline Error failure(std::string what) { return Error{.what = std::move(what)}; }

// Ends the program: an invariant is broken, and going on would do harm. In release builds, too.
[[noreturn]] void broken_invariant(const char* condition, const char* file, int line);

#define BRAMBLE_CHECK(condition) \
  ((condition) ? void(0) : ::bramble::broken_invariant(#condition, __FILE__, __LINE__))

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return BRAMBLE_CHECK(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return BRAMBLE_CHECK(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return BRAMBLE_CHECK(ok()), std::move(*std::get_if<0>(&state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return BRAMBLE_CHECK(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return BRAMBLE_CHECK(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  void value() const { BRAMBLE_CHECK(ok()); }

  const Error& error() const& { return BRAMBLE_CHECK(!ok()), error_; }
  Error&& error() && { return BRAMBLE_CHECK(!ok()), std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

}  // namespace bramble

// The value of a Result, or a return of its Error from the enclosing function.
#define TRY(expression)                                         \
  __extension__({                                               \
    auto try_result = (expression);                             \
    if (!try_result.ok()) return std::move(try_result).error(); \
    std::move(try_result).value();                              \
  })
