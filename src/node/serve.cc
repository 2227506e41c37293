// SPDX-License-Identifier: Apache-2.0
#include "node/serve.hh"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "base/file.hh"
#include "base/log.hh"
#include "base/sd_notify.hh"
#include "net/signals.hh"
#include "net/socket.hh"
#include "net/threads.hh"
#include "node/admin.hh"
#include "node/coded_cache.hh"
#include "node/health.hh"
#include "node/password_checker.hh"
#include "node/site_table.hh"
#include "node/stale_watch.hh"
#include "node/static_site.hh"
#include "node/traffic.hh"
#include "volume/worker_pool.hh"

namespace bramble {
namespace {

// Reads of a volume wait for the network, not for a core.
constexpr std::size_t kWorkersPerLoop = 8;
constexpr std::size_t kQueuePerWorker = 128;  // where all wait for a peer that died, some 0.6 s
constexpr std::chrono::seconds kWorkerPatience{2};
constexpr std::size_t kTextsBytes = std::size_t{32} * 1024 * 1024;      // likewise
constexpr std::size_t kReadAheadBytes = std::size_t{16} * 1024 * 1024;  // for all visitors together

// What all loops count together, for the health document.
struct Totals {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> requests{0};
};

// One loop and what runs on it.
class LoopSite {
 public:
  LoopSite(Loop& loop, const StaticSite::Shared& shared, const ServeOptions& options,
           Totals& totals, http::LogWriter* log)
      : loop_(loop),
        volume_(shared.volume),
        options_(options),
        totals_(totals),
        started_(loop.now()),
        traffic_(log, options.log_format),
        site_(loop, shared, {.health = [this] { return health(); }}),
        server_(loop, site_, http_options(options, traffic_)),
        count_(*this, &LoopSite::count) {
    loop.arm(count_, kCountEvery);
  }

  Result<void> listen(UniqueFd fd) { return server_.listen(std::move(fd)); }
  void drain(std::function<void()> drained) { server_.drain(std::move(drained)); }
  void close_all() { server_.close_all(); }
  const Traffic& traffic() const { return traffic_; }

 private:
  static constexpr std::chrono::milliseconds kCountEvery{500};

  static http::ServerOptions http_options(const ServeOptions& options, Traffic& traffic) {
    http::ServerOptions http = options.http;
    http.observer = &traffic;
    http.common_fields = "Server: bramble\r\nX-Served-By: " + options.name + "\r\n";
    return http;
  }

  // Adds what is new here to the totals, and looks at what all count.
  void count() {
    traffic_.counters().connections.set(server_.connections());
    traffic_.flush();
    totals_.connections +=
        server_.connections() - std::exchange(connections_, server_.connections());
    if (const std::optional<CacheFigures> cache = volume_.cache_figures())
      stale_.observe(cache->stale_hits, loop_.now());
    totals_.requests += server_.requests() - std::exchange(requests_, server_.requests());
    loop_.arm(count_, kCountEvery);
  }

  StaticSite::Options::Health health() {
    count();
    HealthFacts facts{
        .name = options_.name, .connections = totals_.connections, .requests = totals_.requests};
    facts.uptime_seconds = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::seconds>(loop_.now() - started_).count());
    if (const std::optional<Error> trouble = volume_.trouble()) facts.trouble = trouble->what;
    facts.cache = volume_.cache_figures();
    facts.stale = stale_.stale(loop_.now());
    if (!options_.vitals_path.empty())
      if (Result<std::string> vitals = read_file(options_.vitals_path); vitals.ok())
        facts.vitals = std::move(vitals).value();
    return {.document = health_document(facts), .well = !facts.trouble};
  }

  Loop& loop_;
  Volume& volume_;
  const ServeOptions& options_;
  Totals& totals_;
  const Monotonic started_;
  Traffic traffic_;
  StaticSite site_;
  http::Server server_;
  TimerOf<LoopSite> count_;
  StaleWatch stale_;
  std::uint64_t connections_ = 0;  // as counted last
  std::uint64_t requests_ = 0;
};

// All loops listen on the same addresses; where port 0 was asked for, on the first one's port.
Result<std::vector<Address>> listen_all(const std::vector<Address>& wanted,
                                        std::vector<std::unique_ptr<LoopSite>>& sites) {
  std::vector<Address> real;
  for (Address address : wanted) {
    for (const std::unique_ptr<LoopSite>& site : sites) {
      UniqueFd fd = TRY(listen_on(address, {}));
      address = TRY(local_address(fd.get()));
      TRY(site->listen(std::move(fd)));
    }
    real.push_back(address);
  }
  return real;
}

// The way down: the first signal drains, the second or the limit cuts off. Lives on the first loop,
// which goes on until all have been drained.
class Shutdown {
 public:
  Shutdown(const std::vector<std::unique_ptr<Loop>>& loops,
           const std::vector<std::unique_ptr<LoopSite>>& sites, std::chrono::milliseconds limit)
      : loops_(loops), sites_(sites), limit_(limit), deadline_(*this, &Shutdown::cut_off) {}

  void on_signal(int) {
    if (std::exchange(draining_, true)) return cut_off();
    sd_notify("STOPPING=1");
    loops_[0]->arm(deadline_, limit_);
    for (std::size_t i = 0; i < loops_.size(); ++i)
      loops_[i]->post([this, i] { sites_[i]->drain([this] { on_drained(); }); });
  }

 private:
  // On any loop.
  void on_drained() {
    if (++drained_ < loops_.size()) return;
    for (const std::unique_ptr<Loop>& loop : loops_) loop->stop();
  }

  void cut_off() {
    for (std::size_t i = 0; i < loops_.size(); ++i)
      loops_[i]->post([&site = *sites_[i]] { site.close_all(); });
  }

  const std::vector<std::unique_ptr<Loop>>& loops_;
  const std::vector<std::unique_ptr<LoopSite>>& sites_;
  const std::chrono::milliseconds limit_;
  std::atomic<std::size_t> drained_{0};
  bool draining_ = false;
  TimerOf<Shutdown> deadline_;
};

void reopen(http::LogWriter* log) {
  if (log == nullptr) return;
  if (const Result<void> reopened = log->reopen(); !reopened.ok())
    log::warning("the access log: {}", reopened.error().what);
}

// nullptr where none is wanted.
Result<std::unique_ptr<Admin>> open_admin(Loop& loop, const ServeOptions& options,
                                          const std::vector<std::unique_ptr<LoopSite>>& sites,
                                          const NodeFigures& figures) {
  if (options.admin.empty()) return std::unique_ptr<Admin>();
  std::vector<const Traffic*> traffic;
  for (const std::unique_ptr<LoopSite>& site : sites) traffic.push_back(&site->traffic());
  auto admin = std::make_unique<Admin>(loop, std::move(traffic), figures);
  for (const Address& address : options.admin) {
    UniqueFd fd = TRY(listen_on(address, {.share_port = false}));
    log::info("metrics at http://{}/metrics", TRY(local_address(fd.get())).text());
    TRY(admin->listen(std::move(fd)));
  }
  return admin;
}

}  // namespace

Result<void> serve(Volume& volume, const ServeOptions& options) {
  raise_descriptor_limit();
  ignore_broken_pipes();
  TRY(check_free(options.listen));
  ByteBudget read_ahead(kReadAheadBytes);  // what is posted to a loop may hold a share
  ByteBudget texts(kTextsBytes);
  const std::vector<std::unique_ptr<Loop>> loops =
      TRY(make_loops(std::max<std::size_t>(options.threads, 1)));

  std::unique_ptr<http::LogWriter> log;  // the sites hand over their last lines at their end
  std::vector<std::unique_ptr<LoopSite>> sites;
  Shutdown shutdown(loops, sites, options.drain_limit);
  const std::unique_ptr<Signals> signals =
      TRY(Signals::watch(*loops[0], {SIGTERM, SIGINT, SIGUSR1}, [&shutdown, &log](int signal) {
        if (signal == SIGUSR1) return reopen(log.get());
        shutdown.on_signal(signal);
      }));
  if (!options.access_log.empty()) log = TRY(http::LogWriter::open(options.access_log));

  const std::size_t workers = (volume.blocks() ? kWorkersPerLoop : 1) * loops.size();
  WorkerPool pool({.threads = workers, .queue_max = workers * kQueuePerWorker});
  const SiteTable table(options.sites);
  CodedCache coded(options.coded_bytes_max, std::max<std::size_t>(2, loops.size() - 1));
  PasswordChecker passwords;
  const StaticSite::Shared shared{volume, pool, table, coded, passwords, read_ahead, texts};
  Totals totals;
  for (const std::unique_ptr<Loop>& loop : loops)
    sites.push_back(std::make_unique<LoopSite>(*loop, shared, options, totals, log.get()));
  const std::vector<Address> real = TRY(listen_all(options.listen, sites));
  const std::unique_ptr<Admin> admin =
      TRY(open_admin(*loops[0], options, sites, {log.get(), &coded, &pool, &volume}));
  options.on_listening(real);
  sd_notify("READY=1");
  run_loops(loops);
  if (!pool.stop(kWorkerPatience)) {  // what the stuck worker uses must stay
    log::warning("a read of the volume hangs: it is left behind");
    ::_exit(0);
  }
  return {};
}

}  // namespace bramble
