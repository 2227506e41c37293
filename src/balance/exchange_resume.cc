// SPDX-License-Identifier: Apache-2.0
// The rest of an answer. Its backend is gone, or gives nothing while the visitor would take it:
// another one is asked for the bytes that are missing, and where it has the very same
// representation the visitor sees no more than a pause.
//
//     kAnswering ── closed, reset, or silent for body_patience() ──► resume
//         ▲                                                            │
//         │ 206: exactly what is missing                               ▼
//         └────────────────────────── kAsking ◄── kConnecting ◄── kChoosing
//                                        ├─ another answer: the next backend
//                                        ├─ … of all: kLackingRest for a moment, then all again
//                                        └─ all have something else, or for too long: break_off
//
// As long as bytes come, backends may fail any number of times. Where none can give any now, as its
// server is just starting, or its volume does not answer, one is asked again and again for as long
// as a backend would be waited for. Only GETs, whose whole head is in request_, and answers that
// Remainder knows. It is not paid from the retry budget: what has been delivered would be asked for
// again, by a visitor who reloads.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "balance/exchange.hh"
#include "base/log.hh"

namespace bramble::balance {
namespace {

constexpr int kSilencesPatient = 4;  // of the second longest one until now
constexpr std::chrono::milliseconds kAskAgain{300};
constexpr std::chrono::milliseconds kOneMayBeBack{3000};  // a server that is started again

}  // namespace

void Exchange::begin_waiting_for_body() {
  silent_since_ = unhindered_since_ = {};
  longest_silence_ = second_silence_ = {};
}

void Exchange::end_of_silence() {
  const auto silence = worker_.loop().now() - silent_since_;
  second_silence_ = std::max(second_silence_, std::min(silence, longest_silence_));
  longest_silence_ = std::max(longest_silence_, silence);
  silent_since_ = {};
}

bool Exchange::may_resume() const { return worker_.options().resume && remainder_.known(); }

// A slow backend whose bytes come in bursts is given the time of several bursts. What befell it
// once is none: a node that waited 0.6 s for a brick whose host had died would have 2.4 s to die
// itself.
std::chrono::milliseconds Exchange::body_patience() {
  const auto most = worker_.timeouts().answer;
  if (!may_resume()) return most;
  if (silent_since_ == Monotonic{}) silent_since_ = worker_.loop().now();
  const auto usual = std::chrono::duration_cast<std::chrono::milliseconds>(second_silence_);
  return std::min(most, std::max(worker_.timeouts().resume, usual * kSilencesPatient));
}

Exchange::Step Exchange::body_failed(const Failure& failure) {
  return may_resume() ? resume(failure) : break_off(failure.ending, true);
}

// The visitor takes what comes, and nothing comes. Who is well, and is the last that could be asked
// now, has its whole time; then, or where it is not, one waits for room at another.
Exchange::Step Exchange::backend_stalled() {
  const Failure failure = {.ending = http::Ending::kBackendStalled, .status = 504};
  if (!may_resume()) return break_off(failure.ending, true);
  if (silent_since_ == Monotonic{}) return wait_for(worker_.timeouts().resume);
  const bool progress = body_bytes_ > asked_from_;
  const auto tried_now = progress ? std::span<const std::size_t>() : tried();
  const bool has_time = worker_.loop().now() - silent_since_ < worker_.timeouts().answer;
  const bool may_wait = has_time && worker_.load(backend_).condition == Condition::kHealthy;
  if ((progress || tries_left()) &&
      worker_.another_is_healthy(backend_, tried_now, /*with_room=*/may_wait))
    return resume(failure);
  return has_time ? wait_for(worker_.timeouts().resume) : break_off(failure.ending, true);
}

Exchange::Step Exchange::resume(const Failure& failure) {
  worker_.backend_failed(backend_, Report::kFailed, std::string(name_of(failure.ending)));
  credit_body_bytes();
  leave_backend(false);
  return ask_for_rest(failure);
}

// No backend is under way any more: at most a place at one is had already.
Exchange::Step Exchange::ask_for_rest(const Failure& failure) {
  failure_ = failure;
  if (body_bytes_ > asked_from_) {
    tries_before_ = tries_;
    tried_count_ = 0;
    lacking_since_ = {};
    gave_last_ = backend_;
    forget_something_else();
  }
  if (lacking_since_ == Monotonic{}) lacking_since_ = worker_.loop().now();
  left_backend_ = worker_.backend(backend_).options().name;
  asked_from_ = body_bytes_;
  std::string head = request_.substr(proxy_header_bytes_);
  remainder_.ask_for_part(head, body_bytes_, remainder_.bytes());
  request_.replace(proxy_header_bytes_, std::string::npos, head);
  resuming_ = true;
  hedged_ = told_late_ = fresh_only_ = false;
  if (!tries_left()) return nobody_gives_rest();
  return choose_again(narrowing_ || !worker_.another_is_healthy(backend_, tried()));
}

// The head lies in the receive buffer or in answer_head_, as the rest does.
Exchange::Step Exchange::take_rest(const http::ResponseHead& head, std::string_view rest) {
  if (!remainder_.is_part(head, body_bytes_, remainder_.bytes())) {
    if (head.status < 500) note_something_else(head);
    leave_backend(false);
    narrowing_ = false;
    if (other_ != nullptr) {
      note_tried();
      return go_on_with_other();
    }
    return tries_left() ? choose_again(false) : nobody_gives_rest();
  }
  worker_.backend_answered(backend_, worker_.loop().now() - asked_, head.status);
  answer_body_ = http::Body(http::framing_of(head, false));
  backend_persistent_ = head.persistent;
  resuming_ = false;
  if (!std::exchange(narrowing_, false)) {
    ++resumes_;
    resumed_from_ = left_backend_;
    resumed_at_ = body_bytes_;
    worker_.counters().resumes.add();
  }
  leave_other();
  begin_waiting_for_body();
  keep_queue_short();
  phase_ = Phase::kAnswering;
  const std::string begun(rest);
  answer_head_.clear();
  return begun.empty() ? Step::kGoOn : pass_answer(begun);
}

// What only a backup has says little: a copy elsewhere may be behind.
void Exchange::note_something_else(const http::ResponseHead& head) {
  if (worker_.load(backend_).backup) return;
  if (backend_ != gave_last_) ++others_with_else_;
  const http::Field* const etag = head.find(http::FieldName::kEtag);
  something_else_ =
      fmt::format("{} has something else ({}{}{})", worker_.backend(backend_).options().name,
                  head.status, etag != nullptr ? ", " : "", etag != nullptr ? etag->value : "");
}

void Exchange::forget_something_else() {
  others_with_else_ = 0;
  something_else_.clear();
}

// Where all others have something else, it changed. One that is away just now may have the rest.
Exchange::Step Exchange::nobody_gives_rest() {
  const auto all = worker_.timeouts().answer;
  const bool one_has = !something_else_.empty();
  const bool all_have = others_with_else_ >= std::min(worker_.primaries_but(gave_last_), kTriesMax);
  const auto patience = !one_has   ? all
                        : all_have ? std::chrono::milliseconds(0)
                                   : std::min(all, kOneMayBeBack);
  if (worker_.loop().now() - lacking_since_ >= patience) {
    const std::string_view head = std::string_view(request_).substr(proxy_header_bytes_);
    log::warning("\"{}\" is broken off at byte {}: {}", head.substr(0, head.find("\r\n")),
                 body_bytes_, one_has ? something_else_ : "nobody gives the rest");
    return break_off(failure_.ending, false);
  }
  tries_before_ = tries_;
  tried_count_ = 0;
  forget_something_else();
  if (std::exchange(seated_, false)) worker_.leave_seat(*this);
  phase_ = Phase::kLackingRest;
  return wait_for(kAskAgain);
}

void Exchange::credit_body_bytes() {
  worker_.backend(backend_).counters().body_bytes.add(body_bytes_ - credited_bytes_);
  credited_bytes_ = body_bytes_;
}

}  // namespace bramble::balance
