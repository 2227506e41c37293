// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly the bytes it is told, and reads answers without being helpful.
// Blocking, with a limit of 20 s on each call so that a hung test fails instead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.hh"

namespace bramble::test {

struct RawAnswer {
  std::string head;    // with the empty line; "" where the connection ended before one
  std::string body;    // decoded of chunks
  bool whole = false;  // it ended as its framing says

  int status() const;
  std::string field(std::string_view name) const;  // "" where there is none
  bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

enum class End : std::uint8_t { kClosed, kReset, kOpen };

class RawClient {
 public:
  // Over a thin line the kernels hold little of what is on its way: some 50 KB, instead of MBs.
  enum class Line : std::uint8_t { kLocal, kThin };
  explicit RawClient(std::uint16_t port, Line line = Line::kLocal);

  RawClient& send(std::string_view bytes);  // errors show when reading
  RawAnswer answer(bool to_head_request = false);
  RawAnswer ask(std::string_view request) { return send(request).answer(); }
  void shut_writing();
  void reset();  // RST
  void close() { fd_.reset(); }

  // What comes until the connection ends, and how it ends.
  std::string rest();
  End end();

  // Reads at least that many more bytes of whatever comes.
  std::string bytes(std::size_t count);
  void small_receive_window(int bytes = 4096);  // before anything large is asked for
  int fd() const { return fd_.get(); }

 private:
  bool fill();  // false: it ended
  RawAnswer read_body(RawAnswer answer);
  bool take(std::size_t count, std::string& into);
  bool take_line(std::string& into);

  UniqueFd fd_;
  std::string buffer_;
  End end_ = End::kOpen;
};

}  // namespace bramble::test
