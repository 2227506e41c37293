// SPDX-License-Identifier: Apache-2.0
#include "node/admin.hh"

#include <utility>

#include "http/metrics_text.hh"
#include "http/server_connection.hh"

namespace bramble {
namespace {

// Summed up over the loops.
struct Sums {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t body_bytes = 0;
  std::array<std::uint64_t, 6> statuses{};
  std::array<std::uint64_t, http::kEndings> endings{};
  http::Distribution totals;
};

Sums sums_of(const std::vector<const Traffic*>& traffic) {
  Sums sums;
  for (const Traffic* each : traffic) {
    const TrafficCounters& counters = each->counters();
    sums.connections += counters.connections.value();
    sums.body_bytes += counters.body_bytes.value();
    for (std::size_t i = 0; i < sums.statuses.size(); ++i)
      sums.statuses[i] += counters.statuses[i].value();
    for (std::size_t i = 0; i < sums.endings.size(); ++i)
      sums.endings[i] += counters.endings[i].value();
    counters.totals.add_to(sums.totals);
  }
  for (const std::uint64_t ended : sums.endings) sums.requests += ended;
  return sums;
}

void add_traffic(http::MetricsText& text, const Sums& sums) {
  text.one({"bramble_requests_total", "counter", "Requests that have ended."}, sums.requests);
  text.one({"bramble_open_connections", "gauge", "Client connections that are open."},
           sums.connections);
  text.one({"bramble_body_bytes_total", "counter", "Bytes of answers' bodies."}, sums.body_bytes);
  text.describe({"bramble_answers_total", "counter", "Answers by the hundreds of their status."});
  for (std::size_t i = 0; i < sums.statuses.size(); ++i)
    text.sample({"code", http::code_class(i)}, sums.statuses[i]);
  text.describe({"bramble_endings_total", "counter", "How requests ended, in the log's words."});
  for (std::size_t i = 0; i < sums.endings.size(); ++i)
    text.sample({"end", http::name_of(static_cast<http::Ending>(i))}, sums.endings[i]);
  text.describe(
      {"bramble_request_seconds", "histogram", "From a request's head to its answer's last byte."});
  text.histogram({}, sums.totals);
}

void add_volume(http::MetricsText& text, const Volume& volume) {
  text.one({"bramble_volume_up", "gauge", "1 while the files can be read."},
           volume.trouble() ? 0 : 1);
  const std::optional<CacheFigures> cache = volume.cache_figures();
  if (!cache) return;
  if (cache->bricks > 0) {
    text.one({"bramble_bricks", "gauge", "Bricks of the volume."}, cache->bricks);
    text.one({"bramble_bricks_connected", "gauge", "Of these, those that are connected."},
             cache->bricks_connected);
  }
  text.one({"bramble_cache_hits_total", "counter", "Names that the cache knew, and fresh."},
           cache->hits);
  text.one({"bramble_cache_misses_total", "counter", "Names that the volume was asked for."},
           cache->misses);
  text.one({"bramble_cache_listings_total", "counter", "Folders that bricks were asked to list."},
           cache->listings);
  text.one({"bramble_cache_listed_names", "gauge", "Names of folders that are listed."},
           cache->listed_names);
  text.one({"bramble_cache_files_from_bricks_total", "counter",
            "Files that were read from one brick, as all had listed them alike."},
           cache->files_from_bricks);
  text.one({"bramble_cache_files_from_disk_total", "counter",
            "Of these, those that were read on the disk of the brick that is here."},
           cache->files_from_disk);
  text.one({"bramble_cache_stale_hits_total", "counter",
            "Given though perhaps out of date: the volume could not be read."},
           cache->stale_hits);
  text.one({"bramble_cache_events_total", "counter", "Changes that bricks told of."},
           cache->events);
  text.one({"bramble_cache_distrusts_total", "counter",
            "Changes of the connections to bricks, after which nothing was trusted unasked."},
           cache->distrusted);
  text.one({"bramble_cache_names", "gauge", "Names that are kept."}, cache->names);
  text.one({"bramble_cache_memory_bytes", "gauge", "What they take, with small files' content."},
           cache->memory_bytes);
  text.one({"bramble_cache_copies", "gauge", "Larger files that are kept on disk."}, cache->copies);
  text.one({"bramble_cache_copy_bytes", "gauge", "What those take."}, cache->copy_bytes);
}

}  // namespace

std::string node_metrics(const std::vector<const Traffic*>& traffic, const NodeFigures& figures) {
  http::MetricsText text;
  add_traffic(text, sums_of(traffic));
  if (figures.log != nullptr)
    text.one({"bramble_log_dropped_bytes_total", "counter", "Bytes of access log lines dropped."},
             figures.log->dropped_bytes());
  if (figures.coded != nullptr)
    text.one({"bramble_coded_bytes", "gauge", "Compressed files that are kept in memory."},
             figures.coded->bytes());
  if (figures.pool != nullptr) {
    text.one({"bramble_workers_busy", "gauge", "Threads that wait for the volume, or compress."},
             figures.pool->busy());
    text.one({"bramble_workers_waiting", "gauge", "Requests that wait for such a thread."},
             figures.pool->waiting());
  }
  if (figures.volume != nullptr) add_volume(text, *figures.volume);
  return text.take();
}

Admin::Admin(Loop& loop, std::vector<const Traffic*> traffic, const NodeFigures& figures)
    : traffic_(std::move(traffic)),
      figures_(figures),
      server_(loop, *this, {.connections_max = 100}) {}

std::unique_ptr<http::Pending> Admin::on_request(const http::RequestHead& head,
                                                 http::ServerConnection& connection) {
  if (head.method != "GET" && head.method != "HEAD") {
    connection.answer_plainly(405, "this is read-only", "Allow: GET, HEAD\r\n");
  } else if (head.path == "/metrics") {
    const std::string text = node_metrics(traffic_, figures_);
    connection.answer({.fields = http::kMetricsFields, .body = text});
  } else {
    connection.answer_plainly(404, "/metrics is served here");
  }
  return nullptr;
}

}  // namespace bramble
