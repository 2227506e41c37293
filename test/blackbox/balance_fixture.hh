// SPDX-License-Identifier: Apache-2.0
// A balancer before scripted backends.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/text.hh"
#include "child_process.hh"
#include "raw_client.hh"
#include "scripted_backend.hh"

namespace bramble::test {

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";

// With a byte 0 between.
inline std::string nul(const char* before, const char* after) {
  return before + std::string(1, '\0') + after;
}

// A visitor of a balancer that drains, which waits for his next request for 1 s. Whether he was so
// slow himself is told beside the answer.
class PromptVisitor {
 public:
  explicit PromptVisitor(std::uint16_t port) : port_(port), client_(port) {}

  void come_again() {
    since_ = std::chrono::steady_clock::now();
    client_ = RawClient(port_);
  }
  RawAnswer ask() {
    const auto begin = std::chrono::steady_clock::now();
    client_.send(kGet);
    const auto waited_for = std::chrono::steady_clock::now() - std::exchange(since_, begin);
    prompt_ = waited_for < std::chrono::milliseconds(800);
    return client_.answer();
  }
  bool was_prompt() const { return prompt_; }

 private:
  std::uint16_t port_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  RawClient client_;
  bool prompt_ = true;
};

class BalanceTest : public testing::Test {
 protected:
  ScriptedBackend& backend(const std::string& name, ScriptedBackend::Script script = {}) {
    return backends_.emplace_back(name, std::move(script));
  }

  // Gives one answer: "hello", and "world" when go_ is set.
  ScriptedBackend& hello_world(const std::string& name) {
    return backend(name, [this](BackendPeer& peer) {
      if (!peer.request()) return;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      peer.wait_until(go_);
      peer.send("world");
      peer.wait_for_close();
    });
  }

  // Before all backends made so far. One thread, so that what is pooled is found again.
  void balance(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> argv = {BRAMBLE_PROGRAM, "balance", "--listen",
                                     "127.0.0.1:0",   "--admin", "127.0.0.1:0"};
    add_unless_given(argv, flags, {{"--threads", "1"}});
    add_patience(argv, flags);
    for (const ScriptedBackend& made : backends_) {
      argv.emplace_back("--to");
      argv.push_back(made.where() + backend_options_);
    }
    argv.insert(argv.end(), flags.begin(), flags.end());
    balancer_ = std::make_unique<ChildProcess>(argv);
    port_ = port_in(balancer_->after("listening on http://127.0.0.1:"));
    admin_port_ = port_in(balancer_->after("status on http://127.0.0.1:"));
    ASSERT_NE(port_, 0) << balancer_->err();
  }

  // No second backend is asked beside one that this machine's other work makes late, and none is
  // taken for ill for that: but where a test is of it.
  static void add_patience(std::vector<std::string>& argv, const std::vector<std::string>& flags) {
    add_unless_given(argv, flags, {{"--hedge-after", "0"}, {"--check-timeout", "20000"}});
  }
  static void add_unless_given(std::vector<std::string>& argv,
                               const std::vector<std::string>& flags,
                               const std::map<std::string, std::string>& defaults) {
    for (const auto& [flag, value] : defaults)
      if (std::ranges::find(flags, flag) == flags.end()) argv.insert(argv.end(), {flag, value});
  }

  RawClient client() const { return RawClient(port_); }
  RawAnswer ask(std::string_view request = kGet) const { return client().ask(request); }
  std::string status() const {
    return RawClient(admin_port_).ask("GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n").body;
  }

  // Asks, slowly, until this is the answer's body.
  static void ask_until(RawClient& visitor, std::string_view body) {
    while (visitor.ask(kGet).body != body)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  // These are all there at once, for a balancer that stands still meanwhile.
  void send_at_once(std::vector<RawClient>& visitors) const {
    balancer_->stop_and_wait();
    for (RawClient& visitor : visitors) visitor.send(kGet);
    balancer_->signal(SIGCONT);
  }

  // Polls the state until it holds the text: for what another process does in its own time.
  bool status_shows(const std::string& text) const {
    for (int i = 0; i < 2000; ++i) {
      if (status().find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  // The access log's lines, once there are that many.
  std::vector<std::string> log_lines(std::size_t count) const {
    for (int i = 0; i < 2000; ++i) {
      const std::string text = balancer_->out();
      if (lines(text).size() >= count) {
        std::vector<std::string> all;
        for (const std::string_view line : lines(text)) all.emplace_back(line);
        return all;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return {"too few lines"};
  }

  static std::uint16_t port_in(const std::string& text) {
    return text.empty() ? 0 : static_cast<std::uint16_t>(std::stoi(text));
  }

  // What scripts use must outlive the backends: not the test's own variables.
  std::atomic<bool> go_{false};
  std::atomic<std::size_t> count_{0};
  std::string text_;
  std::vector<std::string> lies_;

  std::string backend_options_;  // of each, as in ",weight=2"
  std::deque<ScriptedBackend> backends_;
  std::unique_ptr<ChildProcess> balancer_;
  std::uint16_t port_ = 0;
  std::uint16_t admin_port_ = 0;
};

}  // namespace bramble::test
