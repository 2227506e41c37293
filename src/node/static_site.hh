// SPDX-License-Identifier: Apache-2.0
// The application of a node's web server: the files of a volume, and the node's health. One for
// each loop; the volume and the pool are shared.
//
//     volume does not block:  look_up ─► answer                           on the loop
//     volume blocks:          look_up of what it has at hand ─► answer    on the loop
//                               └ not all of it: queue ─► look_up on a worker ─► post ─► answer
//                                                  └ full: 503
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/application.hh"
#include "http/server_connection.hh"
#include "net/loop.hh"
#include "node/file_reply.hh"
#include "volume/volume.hh"
#include "volume/worker_pool.hh"

namespace bramble {

class StaticSite final : public http::Application {
 public:
  struct Options {
    // Asked on the loop's thread: the health document, and whether all is well.
    struct Health {
      std::string document;
      bool well = true;
    };
    std::function<Health()> health;
  };

  // All outlive it. The pool is used where the volume blocks.
  StaticSite(Loop& loop, Volume& volume, WorkerPool& pool, Options options);

  std::unique_ptr<http::Pending> on_request(const http::RequestHead& head,
                                            http::ServerConnection& connection) override;

 private:
  struct LookUp;
  struct Ticket;

  bool answer_without_file(const http::RequestHead& head, http::ServerConnection& connection);
  void answer_health(http::ServerConnection& connection);
  std::unique_ptr<http::Pending> submit(http::ServerConnection& connection);
  void answer(FileReply& reply, http::ServerConnection& connection);
  void tell(const std::string& trouble);

  Loop& loop_;
  Volume& volume_;
  WorkerPool& pool_;
  const Options options_;
  const FileReplyLimits limits_;
  FileQuery query_;  // of the request that is being taken
  FileReply reply_;  // kept for its memory
  std::string trouble_;
  Monotonic told_{};  // when trouble was last told
};

}  // namespace bramble
