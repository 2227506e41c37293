// SPDX-License-Identifier: Apache-2.0
// Asks one backend at regular times whether it is well: GET on a connection of its own.
//
//     kResting ──interval──► kConnecting ──► kSent ──head──► kReading ──body──► kResting
//         ▲                      └──────────────┴───── refused, broken, late ─────┘
//
// Passed: a status from 200 to CheckOptions::status_max, and the body where one is asked for. A
// body of JSON is read for the node's own word. A check that we lack the descriptors for tells
// nothing: it is no fault of the backend. Belongs to its loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "balance/options.hh"
#include "balance/word.hh"
#include "http/response_head.hh"
#include "net/loop.hh"
#include "net/wire.hh"

namespace bramble::balance {

struct CheckResult {
  bool passed = false;
  bool refused = false;  // nobody listens there
  std::string reason;    // why it has not passed
  Word word;             // its own, where it has passed
};

class Check final : Watcher {
 public:
  using Told = std::function<void(const CheckResult&)>;

  // The first check begins at the end of this turn. The loop outlives it.
  Check(Loop& loop, const BackendOptions& backend, const CheckOptions& options, Told told);
  ~Check();

 private:
  enum class State : std::uint8_t { kResting, kConnecting, kSent, kReading };

  void on_ready(std::uint32_t events) override;
  void on_timer();
  void begin();
  void send();
  void receive();
  void take_head(std::size_t seen);
  void take_body(std::string_view bytes);
  bool wants_body(const http::ResponseHead& head) const;
  void judge_body();
  void end(const CheckResult& result);
  void rest();  // until the next one

  Loop& loop_;
  const Address address_;
  const CheckOptions options_;
  std::string request_;
  Told told_;
  State state_ = State::kResting;
  Wire wire_;
  std::string received_;  // of the head, while it is not whole
  http::Body body_;
  std::string text_;  // the body's
  Monotonic began_{};
  TimerOf<Check> timer_;
};

}  // namespace bramble::balance
