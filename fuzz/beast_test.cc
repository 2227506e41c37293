// SPDX-License-Identifier: Apache-2.0
// A second opinion: whatever our parsers accept, Boost.Beast's reads the same — method, target,
// status, fields, and the byte at which the body ends. Over the committed corpora and a seeded
// stream of mutations; a failure prints the message.
//
// Beast may refuse what we accept only where it knows a rule that nobody can be misled by: see
// harmless(). The other way round we refuse much that it accepts.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"
#include "http/body.hh"
#include "http/request_head.hh"
#include "http/response_head.hh"

namespace {

namespace beast = boost::beast::http;
using bramble::http::Body;
using bramble::http::Field;
using bramble::http::Framing;
using bramble::http::HeadParse;
// By name in lower case: as sent, in order. Beast keeps fields of one name together.
using Fields = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;

void add(Fields& fields, std::string_view name, std::string_view value) {
  fields[bramble::to_lower(name)].emplace_back(name, value);
}

constexpr int kMutations = BRAMBLE_MUTATIONS;

// A message as a parser reads it.
struct Reading {
  std::string start;       // "GET /a 1.1", "200 1.1"
  Fields fields;           // Beast's with the trailers behind them
  std::string body;        // decoded
  std::size_t bytes = 0;   // to its end; all that there is where that comes with the connection
  bool until_end = false;  // of the connection
};

// Nothing: not accepted, or not whole.
template <typename Head>
std::optional<Reading> read_rest(std::string_view text, std::size_t head_bytes, const Head& head,
                                 const Framing& framing) {
  Reading reading;
  for (const Field& field : head.fields()) add(reading.fields, field.name, field.value);
  Body body(framing);
  const std::string_view rest = text.substr(head_bytes);
  reading.until_end = framing.kind == Framing::Kind::kUntilClose;
  reading.bytes = head_bytes;
  if (body.done()) return reading;
  const bool chunked = framing.kind == Framing::Kind::kChunked;
  const Body::Progress progress = chunked ? body.decode(rest, reading.body) : body.feed(rest);
  if (progress.outcome == Body::Outcome::kBad || (!body.done() && !reading.until_end))
    return std::nullopt;
  if (!chunked) reading.body = rest.substr(0, progress.bytes);
  reading.bytes += progress.bytes;
  return reading;
}

std::optional<Reading> read_request(std::string_view text) {
  bramble::http::RequestHead head;
  const HeadParse parsed = bramble::http::parse_request_head(text, 0, {}, head);
  if (parsed.outcome != HeadParse::Outcome::kDone) return std::nullopt;
  std::optional<Reading> reading = read_rest(text, parsed.bytes, head, head.framing);
  if (reading)
    reading->start = std::string(head.method) + " " + std::string(head.target) + " 1." +
                     std::to_string(head.minor_version);
  return reading;
}

std::optional<Reading> read_response(std::string_view text) {
  bramble::http::ResponseHead head;
  const HeadParse parsed = bramble::http::parse_response_head(text, 0, {}, head);
  if (parsed.outcome != HeadParse::Outcome::kDone) return std::nullopt;
  Framing framing = bramble::http::framing_of(head, false);
  if (framing.kind == Framing::Kind::kTunnel) framing = {};  // what follows is no body
  std::optional<Reading> reading = read_rest(text, parsed.bytes, head, framing);
  if (reading)
    reading->start = std::to_string(head.status) + " 1." + std::to_string(head.minor_version);
  return reading;
}

std::string start_of(const beast::request<beast::string_body>& message) {
  return std::string(message.method_string()) + " " + std::string(message.target());
}
std::string start_of(const beast::response<beast::string_body>& message) {
  return std::to_string(message.result_int());
}

template <bool kRequest>
std::optional<Reading> read_by_beast(std::string_view text, boost::beast::error_code& error) {
  beast::parser<kRequest, beast::string_body> parser;
  parser.eager(true);
  parser.body_limit(std::uint64_t{1} << 40U);
  parser.header_limit(1 << 20);
  Reading reading;
  while (!parser.is_done() && reading.bytes < text.size()) {
    const std::string_view rest = text.substr(reading.bytes);
    const std::size_t taken =
        parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    reading.bytes += taken;
    if (error) return std::nullopt;
    if (taken == 0) break;
  }
  if (!parser.is_done()) {
    reading.until_end = parser.is_header_done() && parser.need_eof();
    if (!reading.until_end) return std::nullopt;
    parser.put_eof(error);
    if (error) return std::nullopt;
  }
  const auto& message = parser.get();
  reading.start = start_of(message) + " 1." + std::to_string(message.version() % 10);
  for (const auto& field : message)
    add(reading.fields, std::string(field.name_string()), std::string(field.value()));
  reading.body = message.body();
  return reading;
}

bool has_connection(std::string_view text) {
  return bramble::to_lower(text).find("connection:") != std::string::npos;
}

bool harmless(const boost::beast::error_code& error, std::string_view text) {
  // Its grammar of extensions is that of RFC 9112; nobody gives them a meaning.
  if (error == beast::error::bad_chunk_extension) return true;
  // It wants the blank before an empty reason; many servers leave it away.
  if (error == beast::error::bad_status && text.size() > 12 && text[12] == '\r') return true;
  // Its Connection is a list of tokens; we pass over what is none, and hand no Connection on.
  if (error == beast::error::bad_value && has_connection(text)) return true;
  return false;
}

// Those of the head are theirs, too, in the same order; only trailers may come behind them.
void expect_fields(const Fields& theirs, const Fields& ours, const std::string& shown) {
  for (const auto& [name, values] : ours) {
    const auto found = theirs.find(name);
    ASSERT_NE(found, theirs.end()) << name << ": " << shown;
    ASSERT_GE(found->second.size(), values.size()) << shown;
    EXPECT_TRUE(std::equal(values.begin(), values.end(), found->second.begin())) << shown;
  }
  if (ours.contains("transfer-encoding")) return;
  for (const auto& [name, values] : theirs) {
    const auto found = ours.find(name);
    EXPECT_TRUE(found != ours.end() && found->second.size() == values.size()) << shown;
  }
}

// Whether we accept it at all.
template <bool kRequest>
bool agrees(std::string_view text) {
  const std::optional<Reading> ours = kRequest ? read_request(text) : read_response(text);
  if (!ours) return false;
  // Empty lines before a request are passed over by us, and no part of it.
  std::size_t empty = 0;
  while (kRequest && text.substr(empty).starts_with("\r\n")) empty += 2;
  boost::beast::error_code error;
  const std::optional<Reading> theirs = read_by_beast<kRequest>(text.substr(empty), error);
  const std::string shown = testing::PrintToString(std::string(text));
  if (!theirs) {
    EXPECT_TRUE(harmless(error, text)) << "Beast: " << error.message() << ": " << shown;
    return true;
  }
  EXPECT_EQ(theirs->start, ours->start) << shown;
  expect_fields(theirs->fields, ours->fields, shown);
  EXPECT_EQ(theirs->body, ours->body) << shown;
  EXPECT_EQ(theirs->until_end, ours->until_end) << shown;
  EXPECT_EQ(theirs->bytes + empty, ours->bytes) << shown;
  return true;
}

class Mutator {
 public:
  Mutator(std::uint64_t seed, std::vector<std::string> seeds)
      : random_(seed), seeds_(std::move(seeds)) {}

  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }

  void change(std::string& text) {
    static const std::vector<std::string> kPieces = {"\r\n",
                                                     "\n",
                                                     "\r",
                                                     " ",
                                                     "\t",
                                                     std::string(1, '\0'),
                                                     ",",
                                                     ";",
                                                     ":",
                                                     "0",
                                                     "1",
                                                     "5",
                                                     "a",
                                                     "\"",
                                                     "\xff",
                                                     "chunked",
                                                     "Content-Length: 5\r\n",
                                                     "Transfer-Encoding: chunked\r\n",
                                                     "Connection: close\r\n",
                                                     "Transfer-Encoding: identity\r\n",
                                                     "X: y\r\n",
                                                     "0\r\n\r\n",
                                                     "5\r\nhello\r\n",
                                                     "HTTP/1.0",
                                                     "Host: y\r\n"};
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
      case 1:
        text.erase(at, 1 + below(4));
        break;
      case 2:
        text.insert(at, kPieces[below(kPieces.size())]);
        break;
      case 3:
        text.insert(below(text.size() + 1), text.substr(at, 1 + below(30)));
        break;
      default:
        text = text.substr(0, at) + seeds_[below(seeds_.size())].substr(0, 80);
        break;
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> seeds_;
};

std::vector<std::string> corpus(const std::string& name) {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(BRAMBLE_CORPUS "/" + name)) {
    std::string input = bramble::read_file(entry.path()).value();
    if (!input.empty()) all.push_back(input.substr(1));  // the first byte says where to cut
  }
  return all;
}

std::vector<std::string> requests() {
  const std::string host = "Host: x\r\n";
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::vector<std::string> all = {
      "GET / HTTP/1.1\r\n" + host + "\r\n",
      "GET /a?b=c%20d HTTP/1.1\r\nHost: example.org:80\r\nA: b\r\nC:\t d \t\r\nE:\r\n\r\n",
      "GET http://y/a HTTP/1.1\r\n" + host + "\r\n",
      "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "\r\nGET / HTTP/1.1\r\n" + host + "\r\n",
      "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n",
      "PUT / HTTP/1.0\r\nContent-Length: 0005\r\n\r\nhello",
      "GET / HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\nGET",
      "GET / HTTP/1.1\r\n" + host + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "Connection: keep-alive, x\r\nX: \xc3\xa9\r\n\r\n",
      "POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
      chunked + "5\r\nhello\r\n0\r\n\r\nGET /next HTTP/1.1\r\n",
      chunked + "5;a=b\r\nhello\r\n000a\r\n0123456789\r\n0;c\r\nT: u\r\nV: w\r\n\r\n",
      chunked + "0\r\n\r\n",
  };
  for (const std::string& chunks : corpus("chunked")) all.push_back(chunked + chunks);
  return all;
}

std::vector<std::string> responses() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  std::vector<std::string> all = {
      ok + "Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n",
      ok + "\r\nuntil the end",
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi",
      "HTTP/1.1 204 No Content\r\n\r\nrest",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\nrest",
      "HTTP/1.1 100 Continue\r\n\r\n" + ok,
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nrest",
      "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
      chunked + "5\r\nhello\r\n0\r\n\r\nrest",
      chunked + "5;a=\"b\"\r\nhello\r\n0\r\nT: u\r\n\r\nrest",
  };
  for (const std::string& head : corpus("response_head")) all.push_back(head);
  for (const std::string& chunks : corpus("chunked")) all.push_back(chunked + chunks);
  return all;
}

template <bool kRequest>
void compare(const std::vector<std::string>& seeds) {
  for (const std::string& seed : seeds) agrees<kRequest>(seed);
  constexpr std::uint64_t kSeed = 20'261'123;
  Mutator mutator(kSeed, seeds);
  int accepted = 0;
  for (int i = 0; i < kMutations && !testing::Test::HasFailure(); ++i)
    accepted += agrees<kRequest>(mutator.next()) ? 1 : 0;
  EXPECT_GT(accepted, kMutations / 50) << "else this says little";
}

TEST(BoostBeast, ReadsTheRequestsThatWeAcceptAsWeDo) { compare<true>(requests()); }

TEST(BoostBeast, ReadsTheAnswersThatWeAcceptAsWeDo) { compare<false>(responses()); }

}  // namespace
