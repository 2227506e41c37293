// SPDX-License-Identifier: Apache-2.0
#include "node/static_site.hh"

#include <chrono>
#include <utility>

#include "base/log.hh"
#include "node/read_ahead_body.hh"
#include "node/sendfile_body.hh"

namespace bramble {
namespace {

constexpr std::string_view kHealthPath = "/.bramble/health";
constexpr std::string_view kAllow = "Allow: GET, HEAD, OPTIONS\r\n";
constexpr std::chrono::seconds kTellEvery{5};

std::int64_t seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

// A look-up on its way through the pool. `connection` is the loop's, the rest is the worker's until
// it has posted.
struct StaticSite::LookUp {
  http::ServerConnection* connection = nullptr;  // nullptr: the visitor is gone
  FileQuery query;
  FileReply reply;
  std::string trouble;
};

struct StaticSite::Ticket final : http::Pending {
  explicit Ticket(std::shared_ptr<LookUp> l) : look_up(std::move(l)) {}
  ~Ticket() override { look_up->connection = nullptr; }
  std::shared_ptr<LookUp> look_up;
};

StaticSite::StaticSite(Loop& loop, Volume& volume, WorkerPool& pool, Options options)
    : loop_(loop),
      volume_(volume),
      pool_(pool),
      options_(std::move(options)),
      limits_{.ahead_bytes = volume.blocks() ? ReadAheadBody::kPieceBytes : 0} {}

std::unique_ptr<http::Pending> StaticSite::on_request(const http::RequestHead& head,
                                                      http::ServerConnection& connection) {
  if (answer_without_file(head, connection)) return nullptr;
  query_.query = head.query;
  query_.conditions.take(head.fields());
  query_.head = head.method == "HEAD";
  query_.now = seconds(loop_.wall());
  Volume* const at_hand = volume_.blocks() ? volume_.at_hand() : &volume_;
  if (at_hand == nullptr) return submit(connection);
  look_up(*at_hand, query_, {.ahead_bytes = 0}, reply_, trouble_);
  if (reply_.status == 0) return submit(connection);
  tell(trouble_);
  answer(reply_, connection);
  return nullptr;
}

// What needs no file: other methods, the health document, paths that are none.
bool StaticSite::answer_without_file(const http::RequestHead& head,
                                     http::ServerConnection& connection) {
  if (head.method == "OPTIONS") return connection.answer({.status = 204, .fields = kAllow}), true;
  if (head.method != "GET" && head.method != "HEAD")
    return connection.answer_plainly(405, "files are only read here", kAllow), true;
  if (head.path == kHealthPath) return answer_health(connection), true;
  switch (decode_path(head.path, query_.path)) {
    case PathFault::kNone:
      return false;
    case PathFault::kMalformed:
      return connection.answer_plainly(400, "the path is not valid"), true;
    case PathFault::kHidden:
      return connection.answer_plainly(404, "there is no such file here"), true;
  }
  return false;
}

void StaticSite::answer_health(http::ServerConnection& connection) {
  const Options::Health health = options_.health();
  connection.answer({.status = health.well ? 200 : 503,
                     .fields = "Content-Type: application/json\r\nCache-Control: no-store\r\n",
                     .body = health.document});
}

std::unique_ptr<http::Pending> StaticSite::submit(http::ServerConnection& connection) {
  auto look = std::make_shared<LookUp>();
  look->connection = &connection;
  look->query = query_;
  const bool taken = pool_.try_submit([this, look] {
    look_up(volume_, look->query, limits_, look->reply, look->trouble);
    loop_.post([this, look] {
      tell(look->trouble);
      if (look->connection != nullptr)
        answer(look->reply, *look->connection);
      else
        retire(std::move(look->reply.file), pool_);
    });
  });
  if (taken) return std::make_unique<Ticket>(std::move(look));
  connection.answer_plainly(503, "too much is asked for at once", "Retry-After: 1\r\n");
  return nullptr;
}

void StaticSite::answer(FileReply& reply, http::ServerConnection& connection) {
  if (!reply.why.empty()) return connection.answer_plainly(reply.status, reply.why, reply.fields);
  http::Answer answer{.status = reply.status, .fields = reply.fields, .length = reply.length};
  if (!reply.held.empty())
    answer.body = reply.held;
  else if (reply.file == nullptr)
    answer.body = reply.body;
  else if (volume_.blocks() && reply.file->descriptor() < 0)
    answer.source = std::make_unique<ReadAheadBody>(
        std::move(reply.body),
        ReadAheadBody::Rest{std::move(reply.file), reply.rest_first, reply.rest_bytes}, connection,
        loop_, pool_);
  else
    answer.source =
        std::make_unique<SendfileBody>(std::move(reply.file), reply.rest_first, reply.rest_bytes);
  connection.answer(std::move(answer));
}

// At most one line in a while: a volume that is away fails every request.
void StaticSite::tell(const std::string& trouble) {
  if (trouble.empty() || (told_ != Monotonic{} && loop_.now() - told_ < kTellEvery)) return;
  told_ = loop_.now();
  log::warning("{}", trouble);
}

}  // namespace bramble
