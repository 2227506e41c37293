// SPDX-License-Identifier: Apache-2.0
// The rest of a file of a volume that blocks: workers read ahead of what the visitor takes.
//
//     worker:  read a piece ──post──► loop: ready (at most two) ──► socket
//        ▲                                      │
//        └── one at a time, while there is room ┘
//
// Behind the last piece the file is asked whether it is still the same, before that piece is handed
// over: a torn body ends in a reset. Where the pool is full, it is asked again 10 ms later. Nothing
// here waits, and a visitor who leaves does not wait for a read that is under way.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "http/answer.hh"
#include "http/server_connection.hh"
#include "net/loop.hh"
#include "volume/volume.hh"
#include "volume/worker_pool.hh"

namespace bramble {

// Destroys the file on a worker, however many are stuck: that may block, too.
void retire(std::unique_ptr<VolumeFile> file, WorkerPool& pool);

class ReadAheadBody final : public http::BodySource {
 public:
  static constexpr std::uint64_t kPieceBytes = 256 * 1024;

  struct Rest {
    std::unique_ptr<VolumeFile> file;
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;
  };

  // begun: the body's first bytes, read already. The connection is the one that is answered; loop
  // and pool outlive the body.
  ReadAheadBody(std::string begun, Rest rest, http::ServerConnection& connection, Loop& loop,
                WorkerPool& pool);
  ~ReadAheadBody() override;

  Progress send(Wire& wire) override;
  std::uint64_t sent_bytes() const override { return sent_bytes_; }

 private:
  static constexpr std::size_t kReadyMax = 2;
  static constexpr std::chrono::milliseconds kRetryPause{10};

  // What a read under way needs, also where the body is gone. `owner` is the loop's, the rest is
  // the worker's while it reads.
  struct Reading {
    ReadAheadBody* owner = nullptr;
    Rest rest;
    std::string piece;
    bool failed = false;
  };

  static void read_piece(Reading& reading);
  void read_ahead();
  void take_piece();

  http::ServerConnection& connection_;
  Loop& loop_;
  WorkerPool& pool_;
  std::shared_ptr<Reading> reading_;
  bool under_way_ = false;
  bool failed_ = false;
  bool all_read_ = false;
  std::array<std::string, kReadyMax> ready_;
  std::size_t ready_count_ = 0;
  std::string spare_;             // a piece that was sent: its memory takes another
  std::uint64_t sent_bytes_ = 0;  // of all
  std::size_t sent_ = 0;          // of ready_[0]
  TimerOf<ReadAheadBody> retry_;
};

}  // namespace bramble
