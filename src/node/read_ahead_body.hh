// SPDX-License-Identifier: Apache-2.0
// The rest of a file of a volume that blocks: workers read ahead of what the visitor takes.
//
//     worker:  read a piece ──post──► loop: ready (at most two) ──► socket
//        ▲                                      │
//        └── one at a time, while there is room ┘
//
// Pieces take their memory from a budget that all bodies share: large ones where there is much of
// it, smaller ones where there is little. Where it is used up, a body reads one small piece at a
// time, when it has none: that much each may always hold, so that none waits for another. A large
// piece ends where the file's pieces of that size end, as copies of it are made of whole ones.
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

#include "base/byte_budget.hh"
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
  static constexpr std::uint64_t kSmallPieceBytes = 16 * 1024;

  struct Piece {
    std::string bytes;
    ByteShare share;  // of the budget; none of a small piece that is the only one
  };

  struct Rest {
    std::unique_ptr<VolumeFile> file;
    std::uint64_t first = 0;
    std::uint64_t bytes = 0;
  };

  // What all bodies of a loop use: it outlives them.
  struct Means {
    Loop& loop;
    WorkerPool& pool;
    ByteBudget& budget;
  };

  // begun: the body's first bytes, read already. The connection is the one that is answered.
  ReadAheadBody(Piece begun, Rest rest, http::ServerConnection& connection, const Means& means);
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
    Piece piece;
    bool failed = false;
  };

  static void read_piece(Reading& reading);
  bool find_room();
  void read_ahead();
  void take_piece();

  http::ServerConnection& connection_;
  const Means means_;
  std::shared_ptr<Reading> reading_;
  bool under_way_ = false;
  bool failed_ = false;
  bool all_read_ = false;
  std::array<Piece, kReadyMax> ready_;
  std::size_t ready_count_ = 0;
  Piece spare_;                   // one that was sent: its memory takes another
  std::uint64_t sent_bytes_ = 0;  // of all
  std::size_t sent_ = 0;          // of ready_[0]
  TimerOf<ReadAheadBody> retry_;
};

}  // namespace bramble
