// SPDX-License-Identifier: Apache-2.0
// A backend that does what a test tells it, well or badly, one connection a thread. It remembers
// every byte of every request that reached it; health checks are answered apart and not counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.hh"

namespace bramble::test {

class ScriptedBackend;

// The backend's end of one connection.
class BackendPeer {
 public:
  // The next request with its body, framing and all; nothing when the peer has closed.
  std::optional<std::string> request();

  void send(std::string_view bytes);
  bool is_open() const { return static_cast<bool>(fd_); }  // not after a send that nobody took
  void answer(std::string_view body);                      // 200 with a length
  void reset();
  void close();
  void shut_writing();
  void go_deaf();  // what comes from now on does not arrive: its host acknowledges none of it
  bool wait_for_close();                           // true: it was closed in order or reset
  std::string some();                              // whatever comes next; "" at the end
  void wait_until(const std::atomic<bool>& flag);  // or until the test is over

  int connection = 0;  // the how-many-th it is, from 1

 private:
  friend class ScriptedBackend;
  BackendPeer(ScriptedBackend& backend, UniqueFd fd) : backend_(backend), fd_(std::move(fd)) {}
  bool fill();

  ScriptedBackend& backend_;
  UniqueFd fd_;
  std::string buffer_;
};

class ScriptedBackend {
 public:
  using Script = std::function<void(BackendPeer&)>;

  // The script runs for each connection, after which it is closed. Without one: every request is
  // answered with the backend's name.
  explicit ScriptedBackend(std::string name, Script script = {});
  ~ScriptedBackend();

  std::uint16_t port() const { return port_; }
  std::string where() const;  // "NAME=127.0.0.1:PORT"

  std::vector<std::string> requests();
  std::string wait_for_request(std::size_t count = 1);  // the count-th one
  void set_well(bool well) { well_ = well; }            // what checks are told
  void set_check_answer(std::string answer);            // the whole of it; "": as set_well says
  int checks() const { return checks_; }                // that were answered

  // Closes every connection and the door: further connects are refused. And opens it again.
  void die();
  void revive();

 private:
  friend class BackendPeer;
  void listen();
  void accept_all();
  void serve(UniqueFd fd);
  void remember(const std::string& request);
  std::string check_answer();

  const std::string name_;
  const Script script_;
  std::uint16_t port_ = 0;
  std::atomic<bool> well_{true};
  std::atomic<bool> over_{false};
  std::atomic<int> checks_{0};
  std::atomic<int> next_connection_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  UniqueFd door_;
  std::vector<std::string> requests_;
  std::string check_answer_;
  std::list<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace bramble::test
