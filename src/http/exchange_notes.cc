// SPDX-License-Identifier: Apache-2.0
#include "http/exchange_notes.hh"

#include <utility>

namespace bramble::http {

void ExchangeNotes::begin(const RequestHead* head, Monotonic now) {
  if (observer_ == nullptr) return;
  if (notes_ == nullptr) notes_ = std::make_unique<Notes>();
  notes_->open = true;
  notes_->began = notes_->answered = now;
  notes_->status = 0;
  notes_->body_bytes = 0;
  notes_->ending = Ending::kOk;
  if (!observer_->reads_texts()) return;
  notes_->request_line.clear();
  notes_->referer.clear();
  notes_->user_agent.clear();
  if (head == nullptr) return;
  notes_->request_line.append(head->method).append(" ").append(head->target);
  notes_->request_line.append(head->minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1");
  notes_->referer = head->value(FieldName::kReferer);
  notes_->user_agent = head->value(FieldName::kUserAgent);
}

void ExchangeNotes::answered(int status, std::uint64_t body_bytes, Monotonic now) {
  if (notes_ == nullptr) return;
  notes_->answered = now;
  notes_->status = static_cast<unsigned>(status);
  notes_->body_bytes = body_bytes;
}

void ExchangeNotes::body_sent(std::uint64_t bytes) {
  if (notes_ != nullptr) notes_->body_bytes = bytes;
}

void ExchangeNotes::blame(Ending ending) {
  if (notes_ != nullptr) notes_->ending = ending;
}

void ExchangeNotes::end(const Address& peer, Monotonic now, WallTime wall) {
  if (notes_ != nullptr) end(notes_->ending, peer, now, wall);
}

void ExchangeNotes::end(Ending ending, const Address& peer, Monotonic now, WallTime wall) {
  if (notes_ == nullptr || !std::exchange(notes_->open, false)) return;
  const std::string client = observer_->reads_texts() ? peer.ip() : "";
  observer_->on_exchange({.client = client,
                          .time = wall,
                          .request_line = notes_->request_line,
                          .status = notes_->status,
                          .body_bytes = notes_->body_bytes,
                          .referer = notes_->referer,
                          .user_agent = notes_->user_agent,
                          .wait = notes_->answered - notes_->began,
                          .total = now - notes_->began,
                          .ending = ending});
}

}  // namespace bramble::http
