// SPDX-License-Identifier: Apache-2.0
#include "node/static_site.hh"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.hh"
#include "cluster/addresses.hh"
#include "node/held_body.hh"
#include "node/piecewise_body.hh"
#include "node/read_ahead_body.hh"
#include "node/sendfile_body.hh"
#include "node/site_choices.hh"

namespace bramble {
namespace {

constexpr std::string_view kComeAgain = "Retry-After: 1\r\n";
constexpr std::chrono::seconds kTellEvery{5};
constexpr std::chrono::seconds kPasswordTime{30};  // hashing is slow on purpose
// Of a volume: together less than a balancer gives it, and than a node's --answer-timeout.
constexpr std::chrono::milliseconds kListingTime{500};
constexpr std::chrono::milliseconds kLinksTime{300};

std::int64_t whole_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void refuse_visitor(const SiteAuth& auth, FileQuery& query) {
  query.refusal = {
      .status = 401, .why = "a name and a password are needed", .fields = challenge(auth)};
}

// Of a volume that keeps nothing.
class NothingAtHand final : public Volume {
 public:
  Result<std::unique_ptr<VolumeFile>> open(std::string_view) override { return not_here(); }
  Result<FolderListing> list(std::string_view, const ListingBounds&) override { return not_here(); }
  bool blocks() const override { return false; }

 private:
  static Error not_here() { return {.code = EAGAIN, .what = {}}; }
};

void answer_too_much(http::ServerConnection& connection) {
  connection.answer_plainly(503, "too much is asked for at once", kComeAgain);
}

}  // namespace

// A look-up on its way through other threads. `connection` is the loop's, the rest is the other
// thread's until it has posted.
struct StaticSite::LookUp {
  http::ServerConnection* connection = nullptr;  // nullptr: the visitor is gone, or answered
  Visit visit;
  FileReply reply;
  std::string trouble;
  ByteShare ahead;  // of the reply's body, where that is only begun
};

struct StaticSite::Ticket final : http::Pending {
  Ticket(StaticSite& s, std::shared_ptr<LookUp> l) : site(s), look_up(std::move(l)) {}
  ~Ticket() override { look_up->connection = nullptr; }
  bool answer_late() override { return site.look_at_kept(look_up->visit, *look_up->connection); }
  StaticSite& site;
  std::shared_ptr<LookUp> look_up;
};

StaticSite::StaticSite(Loop& loop, const Shared& shared, Options options)
    : loop_(loop), shared_(shared), options_(std::move(options)) {}

std::unique_ptr<http::Pending> StaticSite::on_request(const http::RequestHead& head,
                                                      http::ServerConnection& connection) {
  if (answer_health(head, connection)) return nullptr;
  visit_.query.site = shared_.sites.find(head.host);
  if (visit_.query.site == nullptr) {
    connection.answer_plainly(421, "there is no site of that name here");
    return nullptr;
  }
  take(head);
  if (answer_at_once(head, connection)) return nullptr;
  return look(connection);
}

// Whatever the sites are: balancers ask for it by address. What they forward (RFC 9110 §7.6.3) is
// asked by strangers, whom disks, temperatures and troubles do not concern: there is no such file.
bool StaticSite::answer_health(const http::RequestHead& head, http::ServerConnection& connection) {
  if (head.path != kHealthPath || (head.method != "GET" && head.method != "HEAD")) return false;
  if (head.find(http::FieldName::kVia) != nullptr) return false;  // whoever wrote the first line
  const Options::Health health = options_.health();
  connection.answer({.status = health.well ? 200 : 503,
                     .fields = "Content-Type: application/json\r\nCache-Control: no-store\r\n",
                     .body = health.document});
  return true;
}

void StaticSite::take(const http::RequestHead& head) {
  visit_.query.refusal.status = 0;
  visit_.query.let_in.clear();
  visit_.query.query = head.query;
  visit_.query.conditions.take(head.fields());
  visit_.query.codings = http::AcceptedCodings(head.fields());
  visit_.query.head = head.method == "HEAD";
  visit_.query.now = whole_seconds(loop_.wall());
  visit_.credentials.reset();
  if (!visit_.query.site->auth.empty())
    visit_.credentials = parse_basic(head.value(http::FieldName::kAuthorization));
  visit_.query.path = {};
  if (allows(*visit_.query.site, head.method)) return take_path(head);
  visit_.query.refusal = {
      .status = 405, .why = "files are only read here", .fields = allow_field(*visit_.query.site)};
}

void StaticSite::take_path(const http::RequestHead& head) {
  switch (decode_path(head.path, visit_.query.path)) {
    case PathFault::kNone:
      return;
    case PathFault::kMalformed:
      visit_.query.refusal = {.status = 400, .why = "the path is not valid", .fields = {}};
      break;
    case PathFault::kHidden:
      visit_.query.refusal = {.status = 404, .why = "there is no such file here", .fields = {}};
      break;
  }
  visit_.query.path = {};
}

// What needs neither a file nor a password.
bool StaticSite::answer_at_once(const http::RequestHead& head, http::ServerConnection& connection) {
  if (head.method == "OPTIONS" && visit_.query.refusal.status != 405) {
    TextBuffer fields;
    fields.append(allow_field(*visit_.query.site));
    append_headers(*visit_.query.site, path_of(visit_.query.path), fields);
    connection.answer({.status = 204, .fields = fields.text()});
    return true;
  }
  if (visit_.query.refusal.status != 0) return false;
  const std::optional<Redirection> to =
      redirection(*visit_.query.site, visit_.query.path, head.query);
  if (!to) return false;
  TextBuffer fields;
  fields.append("Location: ", to->location, "\r\n");
  append_headers(*visit_.query.site, path_of(visit_.query.path), fields);
  connection.answer_plainly(to->status, "what was here is elsewhere", fields.text());
  return true;
}

// Whether it is known at once that the visitor is let in, or not: then the query says so.
bool StaticSite::settles(Visit& visit, const SiteAuth& auth) {
  if (!visit.credentials)
    refuse_visitor(auth, visit.query);
  else if (shared_.passwords.remembers(auth, *visit.credentials, loop_.now()))
    visit.query.let_in.push_back(&auth);
  else
    return false;
  return true;
}

std::unique_ptr<http::Pending> StaticSite::look(http::ServerConnection& connection) {
  const Next next = look_here(visit_, connection);
  if (next == Next::kNothing) return nullptr;
  auto look = std::make_shared<LookUp>();
  look->connection = &connection;
  look->visit = visit_;
  if (!leave(look, next)) return nullptr;
  return std::make_unique<Ticket>(*this, std::move(look));
}

StaticSite::Next StaticSite::look_here(Visit& visit, http::ServerConnection& connection) {
  NothingAtHand nothing;
  Volume* volume = shared_.volume.blocks() ? shared_.volume.at_hand() : &shared_.volume;
  if (volume == nullptr) volume = &nothing;
  return look_in(*volume, visit, connection);
}

// The volume hangs: what is kept of it must do, but not without the password. What it would have to
// be compressed for is given as it is. False: it could not be answered.
bool StaticSite::look_at_kept(Visit visit, http::ServerConnection& connection) {
  Volume* const kept = shared_.volume.kept();
  if (kept == nullptr) return false;
  Next next = look_in(*kept, visit, connection);
  if (next == Next::kWorker) {
    visit.query.codings = {};
    next = look_in(*kept, visit, connection);
  }
  return next == Next::kNothing;
}

// On the loop, in a volume that does not block: answers where nothing takes its time. Else tells
// what is missing: where it is a password, reply_ says of which table.
StaticSite::Next StaticSite::look_in(Volume& volume, Visit& visit,
                                     http::ServerConnection& connection) {
  do {
    look_up(volume, visit.query,
            {.ahead_bytes = 0, .coded = &shared_.coded, .may_take_time = false}, reply_, trouble_);
    tell(trouble_);
    if (reply_.needs_worker) return Next::kWorker;
    if (reply_.locked_by == nullptr) return answer(reply_, connection), Next::kNothing;
  } while (settles(visit, *reply_.locked_by));
  return Next::kPassword;
}

// To another thread. False: it could not be left, and is answered here.
bool StaticSite::leave(const std::shared_ptr<LookUp>& look, Next next) {
  http::ServerConnection& connection = *look->connection;
  if (next == Next::kWorker) {
    if (try_submit(look)) return true;
    look->visit.query.codings = {};  // what would only have been compressed is given as it is
    next = look_here(look->visit, connection);
    if (next == Next::kWorker && look_at_kept(look->visit, connection)) return false;
  }
  if (next == Next::kPassword && try_check(look, *reply_.locked_by)) return true;
  if (next != Next::kNothing) answer_too_much(connection);
  return false;
}

void StaticSite::go_on(const std::shared_ptr<LookUp>& look) {
  const Next next = look_here(look->visit, *look->connection);
  if (next != Next::kNothing) (void)leave(look, next);
}

bool StaticSite::try_submit(const std::shared_ptr<LookUp>& look) {
  return shared_.pool.try_submit([this, look] {
    FileReplyLimits limits{.coded = &shared_.coded, .may_take_time = true};
    if (shared_.volume.blocks()) {
      look->ahead = ByteShare(shared_.read_ahead, ReadAheadBody::kSmallPieceBytes,
                              ReadAheadBody::kPieceBytes);
      limits.ahead_bytes =
          std::max(look->ahead.bytes(), std::size_t{ReadAheadBody::kSmallPieceBytes});
      limits.listing_time = kListingTime;
      limits.links_time = kLinksTime;
    }
    look_up(shared_.volume, look->visit.query, limits, look->reply, look->trouble);
    loop_.post([this, look] { take_reply(look); });
  });
}

// Of a worker's look-up.
void StaticSite::take_reply(const std::shared_ptr<LookUp>& look) {
  tell(look->trouble);
  if (look->connection == nullptr) return retire(std::move(look->reply.file), shared_.pool);
  if (look->reply.needs_worker) return answer_too_much(*look->connection);  // nobody has it now
  const SiteAuth* const auth = look->reply.locked_by;
  if (auth == nullptr) return answer(look->reply, *look->connection, std::move(look->ahead));
  if (settles(look->visit, *auth)) return go_on(look);
  if (!try_check(look, *auth)) answer_too_much(*look->connection);
}

// Of the visitor's password. False: too many wait.
bool StaticSite::try_check(const std::shared_ptr<LookUp>& look, const SiteAuth& auth) {
  const bool taken = shared_.passwords.try_check(
      auth, *look->visit.credentials, loop_.now(), [this, &auth, look](bool good) {
        loop_.post([this, &auth, look, good] { take_check(look, auth, good); });
      });
  if (taken) look->connection->give_time(kPasswordTime);
  return taken;
}

void StaticSite::take_check(const std::shared_ptr<LookUp>& look, const SiteAuth& auth, bool good) {
  if (look->connection == nullptr) return;
  look->connection->give_usual_time();
  if (good)
    look->visit.query.let_in.push_back(&auth);
  else
    refuse_visitor(auth, look->visit.query);
  go_on(look);
}

void StaticSite::answer(FileReply& reply, http::ServerConnection& connection, ByteShare begun) {
  if (!reply.why.empty())
    return connection.answer_plainly(reply.status, reply.why, reply.fields.text());
  if (reply.kept) return connection.answer({.status = reply.status, .kept = std::move(reply.kept)});
  http::Answer answer{
      .status = reply.status, .fields = reply.fields.text(), .length = reply.length};
  if (!reply.held.empty() && reply.held.size() <= kSentWithHeadMax)
    answer.body = reply.held;
  else if (!reply.held.empty())
    answer.source = std::make_unique<HeldBody>(std::move(reply.file), reply.held);
  else if (reply.file == nullptr && reply.body.size() <= kSentWithHeadMax)
    answer.body = reply.body;
  else if (reply.file == nullptr) {
    const std::size_t bytes = reply.body.size();
    ByteShare share(shared_.texts, bytes, bytes);
    if (share.bytes() == 0) return answer_too_much(connection);
    answer.length = bytes;
    answer.source = std::make_unique<HeldBody>(std::move(reply.body), std::move(share));
  } else if (shared_.volume.blocks() && reply.file->descriptor() < 0)
    answer.source = std::make_unique<ReadAheadBody>(
        ReadAheadBody::Piece{std::move(reply.body), std::move(begun)},
        ReadAheadBody::Rest{std::move(reply.file), reply.rest_first, reply.rest_bytes}, connection,
        ReadAheadBody::Means{loop_, shared_.pool, shared_.read_ahead});
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
