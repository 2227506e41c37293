// SPDX-License-Identifier: Apache-2.0
// One visitor's connection, as a browser's: kept while it can be.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.hh"
#include "http/response_head.hh"
#include "net/address.hh"

namespace bramble::drill {

// Every call gives what went wrong, or "". Blocks, but not longer than kPatience without a byte;
// Ctrl-C ends it: kInterrupted.
class Connection {
 public:
  static constexpr std::chrono::seconds kPatience{15};

  std::string open(const Address& address);
  bool used() const { return used_; }  // it has brought an answer already
  bool is_open() const { return static_cast<bool>(fd_); }

  // `take` is given the body's bytes as they come. `untouched`: the connection ended before a byte
  // of the answer. After a whole answer it stays open, whatever the status.
  std::string ask(const std::string& request, const std::function<void(std::string_view)>& take,
                  bool& untouched);
  std::string_view served_by() const;  // X-Served-By of the answer under way

 private:
  void close() { fd_.reset(); }
  std::string exchange(const std::string& request,
                       const std::function<void(std::string_view)>& take, bool& untouched);
  bool wait(short events);
  ssize_t receive();
  void send_all(std::string_view text);
  std::string read_head(bool& untouched);

  UniqueFd fd_;
  bool used_ = false;
  std::string input_;
  std::size_t head_bytes_ = 0;
  std::unique_ptr<http::ResponseHead> head_ = std::make_unique<http::ResponseHead>();
  std::array<char, 64 * 1024> buffer_;
};

std::string request_for(const std::string& host, const std::string& path);

}  // namespace bramble::drill
