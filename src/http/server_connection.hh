// SPDX-License-Identifier: Apache-2.0
// The server side of one HTTP/1 connection:
//
//            ┌────────── next request, pipelined ones in order ─────────────┐
//            ▼                                                              │
//         kHead ──► kAnswering ──► kSending ──► kBody (what is left of it) ─┤
//            │           │            │              (ours or theirs: close) │
//            │ bad head: │            │ broken off                           ▼
//            └──► 4xx ──►┘            └──► reset                   kLinger ──► kClosed
//
// kHead       reads until a head is whole; idle while no byte of it has come
// kAnswering  the application works on it; nothing is read meanwhile
// kSending    head and body go out as the socket takes them
// kBody       a small request body that nobody asked for is passed over; for a large one the
//             connection is closed instead
// kLinger     our side is closed; what still comes is thrown away for a while, since a reset could
//             take the answer from a visitor who has not read it
//
// Each phase has its time limit; that of kSending begins anew as long as the visitor takes
// something. Memory: the object, and what was read beyond a head or not sent at
// once: at most one receive buffer and one head with its small body. Belongs to the loop's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/access_log.hh"
#include "http/answer.hh"
#include "http/application.hh"
#include "http/body.hh"
#include "http/request_head.hh"
#include "net/address.hh"
#include "net/listener.hh"
#include "net/loop.hh"
#include "net/wire.hh"

namespace bramble::http {

class Server;

class ServerConnection final : Watcher, Deferred {
 public:
  enum class Phase : std::uint8_t { kHead, kAnswering, kSending, kBody, kLinger, kClosed };

  ServerConnection(Server& server, Listener& listener, UniqueFd fd, const Address& peer);
  ~ServerConnection() override;

  // For the application: see application.hh. Once a request.
  void answer(Answer answer);
  // A short text/plain answer: "404 Not Found: WHY".
  void answer_plainly(int status, std::string_view why, std::string_view fields = {});
  // So long the answer may take from now on, and again as long as the server's options say: where
  // it waits for something else than they are meant for. Only while it is awaited.
  void give_time(std::chrono::milliseconds time);
  void give_usual_time();
  // The body source that was kWaiting has something to send.
  void resume();

  const Address& peer() const { return peer_; }
  Loop& loop();

  // For the server.
  Result<void> open();
  void drain();  // close when what is under way is done; at once where nothing is

 private:
  friend class Server;
  static constexpr std::uint64_t kPassedOverBytesMax = 64 * 1024;  // of a body
  static constexpr int kRequestsPerTurn = 16;                      // then others have theirs

  void on_ready(std::uint32_t events) override;
  void on_turn_end() override;
  void on_deadline();

  void advance();
  bool read_head();
  void take_head(const HeadParse& parsed);
  void refuse(HeadFault fault);
  void begin_record(const RequestHead* head);
  Sent send_made(Answer& answer);
  Sent send_kept(int status, const HeadedBytes::Lined& kept);
  void begin_sending(int status, std::size_t body_bytes);
  void end_record(Ending ending);
  bool send_source();
  void sent();
  bool pass_over_body();
  bool linger();

  bool receive();
  void consume(std::size_t bytes);
  void keep_input();
  bool idle() const { return phase_ == Phase::kHead && input_.empty() && inbox_.empty(); }
  void enter(Phase phase);
  bool must_linger() const;
  void finish();  // the answer is out, and the connection ends in good order
  bool visitor_takes();
  void abort(Ending ending = Ending::kClientAborted);  // it ends with a reset
  void closed();

  Server& server_;
  Listener& listener_;  // that it came through
  Wire wire_;
  const Address peer_;
  Phase phase_ = Phase::kHead;
  bool advancing_ = false;
  bool draining_ = false;
  bool head_only_ = false;    // HEAD was asked
  bool persistent_ = true;    // as the visitor wants it
  bool old_version_ = false;  // HTTP/1.0
  bool close_ = false;        // behind the answer under way
  bool head_begun_ = false;   // the head's time is running
  int requests_this_turn_ = 0;

  std::string_view input_;         // not consumed yet; into the shared receive buffer, or inbox_
  std::string inbox_;              // input that outlives a turn
  std::size_t seen_ = 0;           // of the input, when the head was last found incomplete
  Body body_;                      // of the request: what is left of it
  std::uint64_t passed_over_ = 0;  // bytes of it
  // The exchange under way, where someone observes: kept from one to the next for its memory.
  struct Record {
    bool open = false;
    std::string request_line;
    std::string referer;
    std::string user_agent;
    Monotonic began{};
    Monotonic answered{};
    unsigned status = 0;
    std::uint64_t body_bytes = 0;
    Ending ending = Ending::kOk;  // where all is sent
  };
  std::unique_ptr<Record> record_;

  std::unique_ptr<Pending> pending_;
  std::unique_ptr<BodySource> source_;
  std::optional<std::uint64_t> taken_before_;  // by the visitor, at the last look
  TimerOf<ServerConnection> deadline_;

  ServerConnection* previous_ = nullptr;  // among the server's connections
  ServerConnection* next_ = nullptr;
};

}  // namespace bramble::http
