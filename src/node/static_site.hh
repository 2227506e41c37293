// SPDX-License-Identifier: Apache-2.0
// The application of a node's web server: the files of a volume by its sites' tables, and the
// node's health. One for each loop; what they share is in StaticSite::Shared.
//
//     on_request ──► health, no such site, OPTIONS, redirect ────────────────────► answer
//         ▼
//       look:  look_up on the loop, of the volume or of what it has at hand ──► answer
//         ▲      ├ it would block, or there is something to compress:
//         │      │ queue ─► look_up on a worker ─post─► answer
//         │      │   └ full, or not back in time: what is kept of a volume that hangs, else 503
//         │      ▼
//         │    locked: a password is needed for the path, or for the file that was found
//         ├──────┤ remembered; none was sent: 401
//         └─post─┴ else checked on a thread of the checker's own; full: 503
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_budget.hh"
#include "http/application.hh"
#include "http/server_connection.hh"
#include "net/loop.hh"
#include "node/coded_cache.hh"
#include "node/file_reply.hh"
#include "node/password_checker.hh"
#include "node/site_table.hh"
#include "volume/volume.hh"
#include "volume/worker_pool.hh"

namespace bramble {

class StaticSite final : public http::Application {
 public:
  // Of all loops. Any thread.
  struct Shared {
    Volume& volume;
    WorkerPool& pool;  // for what blocks or takes its time
    const SiteTable& sites;
    CodedCache& coded;
    PasswordChecker& passwords;
    ByteBudget& read_ahead;  // memory for the bodies of a volume that blocks
    ByteBudget& texts;       // … for listings and error pages under way that are large
  };

  struct Options {
    // Asked on the loop's thread: the health document, and whether all is well.
    struct Health {
      std::string document;
      bool well = true;
    };
    std::function<Health()> health;
  };

  // The loop, and all that is shared, outlive it.
  StaticSite(Loop& loop, const Shared& shared, Options options);

  std::unique_ptr<http::Pending> on_request(const http::RequestHead& head,
                                            http::ServerConnection& connection) override;

 private:
  // A request that is on its way to its answer.
  struct Visit {
    FileQuery query;
    std::optional<Credentials> credentials;
  };
  struct LookUp;
  struct Ticket;
  enum class Next : std::uint8_t { kNothing, kWorker, kPassword };  // nothing: it is answered

  bool answer_health(const http::RequestHead& head, http::ServerConnection& connection);
  bool answer_at_once(const http::RequestHead& head, http::ServerConnection& connection);
  void take(const http::RequestHead& head);
  void take_path(const http::RequestHead& head);
  std::unique_ptr<http::Pending> look(http::ServerConnection& connection);
  Next look_here(Visit& visit, http::ServerConnection& connection);
  Next look_in(Volume& volume, Visit& visit, http::ServerConnection& connection);
  bool look_at_kept(Visit visit, http::ServerConnection& connection);
  bool leave(const std::shared_ptr<LookUp>& look, Next next);
  void go_on(const std::shared_ptr<LookUp>& look);
  bool try_submit(const std::shared_ptr<LookUp>& look);
  void take_reply(const std::shared_ptr<LookUp>& look);
  bool try_check(const std::shared_ptr<LookUp>& look, const SiteAuth& auth);
  void take_check(const std::shared_ptr<LookUp>& look, const SiteAuth& auth, bool good);
  bool settles(Visit& visit, const SiteAuth& auth);
  void answer(FileReply& reply, http::ServerConnection& connection, ByteShare begun = {});
  void tell(const std::string& trouble);

  Loop& loop_;
  const Shared shared_;
  const Options options_;
  Visit visit_;      // the request that is being taken
  FileReply reply_;  // kept for its memory
  std::string trouble_;
  Monotonic told_{};  // when trouble was last told
};

}  // namespace bramble
