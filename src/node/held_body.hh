// SPDX-License-Identifier: Apache-2.0
// A body that lies whole in memory, a file's or its own: it goes out from there, however large it
// is, and nothing of it is copied for a visitor who takes it slowly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_budget.hh"
#include "http/answer.hh"
#include "volume/volume.hh"

namespace bramble {

class HeldBody final : public http::BodySource {
 public:
  // body: in the memory of the file.
  HeldBody(std::unique_ptr<VolumeFile> file, std::string_view body)
      : file_(std::move(file)), body_(body) {}
  // share: of the memory for such texts.
  HeldBody(std::string text, ByteShare share)
      : text_(std::move(text)), share_(std::move(share)), body_(text_) {}

  Progress send(Wire& wire) override {
    const std::string_view now = body_.substr(sent_, kBytesPerTurn);
    const std::ptrdiff_t taken = wire.send_some(now);
    if (taken < 0) return Progress::kFailed;
    sent_ += static_cast<std::size_t>(taken);
    if (sent_ == body_.size()) return Progress::kDone;
    return static_cast<std::size_t>(taken) < now.size() ? Progress::kBlocked : Progress::kMore;
  }
  std::uint64_t sent_bytes() const override { return sent_; }

 private:
  static constexpr std::size_t kBytesPerTurn = 1024 * 1024;  // then others have theirs

  const std::unique_ptr<VolumeFile> file_;
  const std::string text_;
  const ByteShare share_;
  const std::string_view body_;
  std::size_t sent_ = 0;
};

}  // namespace bramble
