// SPDX-License-Identifier: Apache-2.0
#include "node/static_site.hh"

#include <chrono>
#include <optional>
#include <utility>

#include "base/log.hh"
#include "node/piecewise_body.hh"
#include "node/read_ahead_body.hh"
#include "node/sendfile_body.hh"
#include "node/site_choices.hh"

namespace bramble {
namespace {

constexpr std::string_view kHealthPath = "/.bramble/health";
constexpr std::string_view kComeAgain = "Retry-After: 1\r\n";
constexpr std::chrono::seconds kTellEvery{5};

std::int64_t seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void answer_too_much(http::ServerConnection& connection) {
  connection.answer_plainly(503, "too much is asked for at once", kComeAgain);
}

}  // namespace

// A look-up on its way through other threads. `connection` is the loop's, the rest is the other
// thread's until it has posted.
struct StaticSite::LookUp {
  http::ServerConnection* connection = nullptr;  // nullptr: the visitor is gone, or answered
  bool submitted = false;                        // the loop's, too: the visitor may be given files
  FileQuery query;
  FileReply reply;
  std::string trouble;
};

struct StaticSite::Ticket final : http::Pending {
  Ticket(StaticSite& s, std::shared_ptr<LookUp> l) : site(s), look_up(std::move(l)) {}
  ~Ticket() override { look_up->connection = nullptr; }
  bool answer_late() override {
    return look_up->submitted && site.look_at_kept(look_up->query, *look_up->connection);
  }
  StaticSite& site;
  std::shared_ptr<LookUp> look_up;
};

StaticSite::StaticSite(Loop& loop, const Shared& shared, Options options)
    : loop_(loop), shared_(shared), options_(std::move(options)) {}

std::unique_ptr<http::Pending> StaticSite::on_request(const http::RequestHead& head,
                                                      http::ServerConnection& connection) {
  if (answer_health(head, connection)) return nullptr;
  query_.site = shared_.sites.find(head.host);
  if (query_.site == nullptr) {
    connection.answer_plainly(421, "there is no site of that name here");
    return nullptr;
  }
  take(head);
  if (answer_at_once(head, connection)) return nullptr;
  if (query_.refusal.status == 0)
    if (const SiteAuth* const auth = auth_of(*query_.site, query_.path))
      return let_in(*auth, head, connection);
  return look(connection);
}

// Whatever the sites are: balancers ask for it by address. What they forward (RFC 9110 §7.6.3) is
// asked by strangers, whom disks, temperatures and troubles do not concern: there is no such file.
bool StaticSite::answer_health(const http::RequestHead& head, http::ServerConnection& connection) {
  if (head.path != kHealthPath || (head.method != "GET" && head.method != "HEAD")) return false;
  if (!head.value(http::FieldName::kVia).empty()) return false;
  const Options::Health health = options_.health();
  connection.answer({.status = health.well ? 200 : 503,
                     .fields = "Content-Type: application/json\r\nCache-Control: no-store\r\n",
                     .body = health.document});
  return true;
}

void StaticSite::take(const http::RequestHead& head) {
  query_.refusal = {};
  query_.query = head.query;
  query_.conditions.take(head.fields());
  query_.codings = http::AcceptedCodings(head.fields());
  query_.head = head.method == "HEAD";
  query_.now = seconds(loop_.wall());
  query_.path = {};
  if (allows(*query_.site, head.method)) return take_path(head);
  query_.refusal = {
      .status = 405, .why = "files are only read here", .fields = allow_field(*query_.site)};
}

void StaticSite::take_path(const http::RequestHead& head) {
  switch (decode_path(head.path, query_.path)) {
    case PathFault::kNone:
      return;
    case PathFault::kMalformed:
      query_.refusal = {.status = 400, .why = "the path is not valid", .fields = {}};
      break;
    case PathFault::kHidden:
      query_.refusal = {.status = 404, .why = "there is no such file here", .fields = {}};
      break;
  }
  query_.path = {};
}

// What needs neither a file nor a password.
bool StaticSite::answer_at_once(const http::RequestHead& head, http::ServerConnection& connection) {
  if (head.method == "OPTIONS" && query_.refusal.status != 405) {
    connection.answer({.status = 204, .fields = allow_field(*query_.site)});
    return true;
  }
  if (query_.refusal.status != 0) return false;
  const std::optional<Redirection> to = redirection(*query_.site, query_.path, head.query);
  if (!to) return false;
  std::string fields = "Location: " + to->location + "\r\n";
  append_headers(*query_.site, path_of(query_.path), fields);
  connection.answer_plainly(to->status, "what was here is elsewhere", fields);
  return true;
}

std::unique_ptr<http::Pending> StaticSite::let_in(const SiteAuth& auth,
                                                  const http::RequestHead& head,
                                                  http::ServerConnection& connection) {
  const std::optional<Credentials> credentials =
      parse_basic(head.value(http::FieldName::kAuthorization));
  if (!credentials) return refuse_visitor(auth, query_), look(connection);
  if (shared_.passwords.remembers(auth, *credentials, loop_.now())) return look(connection);

  auto waiting = std::make_shared<LookUp>();
  waiting->connection = &connection;
  waiting->query = query_;
  const bool taken = shared_.passwords.try_check(auth, *credentials, loop_.now(),
                                                 [this, &auth, waiting](bool good) {
                                                   loop_.post([this, &auth, waiting, good] {
                                                     if (!good)
                                                       refuse_visitor(auth, waiting->query);
                                                     look_after_password(waiting);
                                                   });
                                                 });
  if (taken) return std::make_unique<Ticket>(*this, std::move(waiting));
  answer_too_much(connection);
  return nullptr;
}

void StaticSite::refuse_visitor(const SiteAuth& auth, FileQuery& query) {
  query.refusal = {
      .status = 401, .why = "a name and a password are needed", .fields = challenge(auth)};
}

std::unique_ptr<http::Pending> StaticSite::look(http::ServerConnection& connection) {
  return look_here(query_, connection) ? nullptr : submit(connection);
}

void StaticSite::look_after_password(const std::shared_ptr<LookUp>& look) {
  if (look->connection == nullptr || look_here(look->query, *look->connection)) return;
  if (!try_submit(look)) answer_without_pool(look->query, *look->connection);
}

// The pool is full: what would only have been compressed is given as it is.
void StaticSite::answer_without_pool(FileQuery& query, http::ServerConnection& connection) {
  query.codings = {};
  if (!look_here(query, connection) && !look_at_kept(std::move(query), connection))
    answer_too_much(connection);
}

// The volume hangs: what is kept of it must do. What it would have to be compressed for is given as
// it is.
bool StaticSite::look_at_kept(FileQuery query, http::ServerConnection& connection) {
  Volume* const kept = shared_.volume.kept();
  if (kept == nullptr) return false;
  if (look_in(*kept, query, connection)) return true;
  query.codings = {};
  return look_in(*kept, query, connection);
}

// Whether it was answered: only where nothing blocks or takes its time.
bool StaticSite::look_here(const FileQuery& query, http::ServerConnection& connection) {
  Volume* volume = shared_.volume.blocks() ? shared_.volume.at_hand() : &shared_.volume;
  if (volume == nullptr && !reads_nothing(query)) return false;
  return look_in(volume == nullptr ? shared_.volume : *volume, query, connection);
}

// Whether it was answered, by a volume that does not block.
bool StaticSite::look_in(Volume& volume, const FileQuery& query,
                         http::ServerConnection& connection) {
  look_up(volume, query, {.ahead_bytes = 0, .coded = &shared_.coded, .may_take_time = false},
          reply_, trouble_);
  tell(trouble_);
  if (reply_.needs_worker) return false;
  answer(reply_, connection);
  return true;
}

bool StaticSite::reads_nothing(const FileQuery& query) const {
  return query.refusal.status != 0 && error_page_name(*query.site, query.refusal.status).empty();
}

// Of a worker.
FileReplyLimits StaticSite::limits() const {
  return {.ahead_bytes = shared_.volume.blocks() ? ReadAheadBody::kPieceBytes : 0,
          .coded = &shared_.coded,
          .may_take_time = true};
}

std::unique_ptr<http::Pending> StaticSite::submit(http::ServerConnection& connection) {
  auto look = std::make_shared<LookUp>();
  look->connection = &connection;
  look->query = query_;
  if (try_submit(look)) return std::make_unique<Ticket>(*this, std::move(look));
  answer_without_pool(query_, connection);
  return nullptr;
}

bool StaticSite::try_submit(const std::shared_ptr<LookUp>& look) {
  look->submitted = true;
  return shared_.pool.try_submit([this, look] {
    look_up(shared_.volume, look->query, limits(), look->reply, look->trouble);
    loop_.post([this, look] {
      tell(look->trouble);
      if (look->connection != nullptr)
        answer(look->reply, *look->connection);
      else
        retire(std::move(look->reply.file), shared_.pool);
    });
  });
}

void StaticSite::answer(FileReply& reply, http::ServerConnection& connection) {
  if (!reply.why.empty()) return connection.answer_plainly(reply.status, reply.why, reply.fields);
  http::Answer answer{.status = reply.status, .fields = reply.fields, .length = reply.length};
  if (!reply.held.empty())
    answer.body = reply.held;
  else if (reply.file == nullptr)
    answer.body = reply.body;
  else if (shared_.volume.blocks() && !reply.in_memory && reply.file->descriptor() < 0)
    answer.source = std::make_unique<ReadAheadBody>(
        std::move(reply.body),
        ReadAheadBody::Rest{std::move(reply.file), reply.rest_first, reply.rest_bytes}, connection,
        loop_, shared_.pool);
  else if (reply.file->descriptor() >= 0)
    answer.source =
        std::make_unique<SendfileBody>(std::move(reply.file), reply.rest_first, reply.rest_bytes);
  else
    answer.source = std::make_unique<PiecewiseBody>(std::move(reply.body), std::move(reply.file),
                                                    reply.rest_first, reply.rest_bytes);
  connection.answer(std::move(answer));
}

// At most one line in a while: a volume that is away fails every request.
void StaticSite::tell(const std::string& trouble) {
  if (trouble.empty() || (told_ != Monotonic{} && loop_.now() - told_ < kTellEvery)) return;
  told_ = loop_.now();
  log::warning("{}", trouble);
}

}  // namespace bramble
