// SPDX-License-Identifier: Apache-2.0
// Backends that give parts of one large file, as fast as a cable or otherwise, and a balancer that
// stripes it.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "balance_fixture.hh"
#include "ranged_answers.hh"

namespace bramble::test {

inline constexpr std::size_t kBytes = 8'000'000;
inline constexpr std::size_t kManyBytes = 12'000'000;  // more than the kernels hold, and the stripe
inline constexpr std::size_t kPieceBytes = 50'000;

class StripeTest : public BalanceTest {
 protected:
  StripeTest() { text_ = content(kBytes); }

  // Gives some 3 MB a second: so slowly that its visitor waits for it, on a busy machine, too.
  // `most` of all requests together, then it closes, or is silent; as a liar it lies where it is
  // asked for a part.
  struct Giver {
    std::size_t most = SIZE_MAX;
    bool silent = false;
    Lie lie;
    std::chrono::milliseconds pause{15};
    std::size_t pauses_at = SIZE_MAX;   // for 1 s, once
    std::size_t whole_most = SIZE_MAX;  // who asks for no part gets so many, then it closes
    bool mute_for_parts = false;        // takes requests for a part, and answers none
    std::size_t changes_at = SIZE_MAX;  // when all together have given so much, it is another file
    std::chrono::milliseconds small_beside_parts{
        0};  // what a small answer takes while it gives a part
  };
  ScriptedBackend& giver(const std::string& name, Giver how) {
    auto given = std::make_shared<std::atomic<std::size_t>>(0);
    auto parts = std::make_shared<std::atomic<int>>(0);  // under way
    return backend(name, [this, how, given, parts](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        if (request->starts_with("GET /small ")) {
          if (*parts > 0) std::this_thread::sleep_for(how.small_beside_parts);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall");
          continue;
        }
        if (request->starts_with("GET /held ")) {
          peer.wait_until(go_);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall");
          continue;
        }
        const Asked asked = asked_of(*request, text_.size());
        if (count_ >= how.changes_at) {
          peer.send("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
          continue;
        }
        if (asked.range && how.mute_for_parts) return void(peer.wait_for_close());
        peer.send(asked.range ? head_for(asked, how.lie) : head_for(asked));
        if (asked.range && how.lie.status != 206) continue;
        std::string_view left = std::string_view(text_).substr(asked.first, asked.bytes());
        left.remove_suffix(asked.range ? how.lie.cut : 0);
        if (!asked.range && left.size() > how.whole_most)
          return peer.send(left.substr(0, how.whole_most));
        *parts += asked.range ? 1 : 0;
        while (!left.empty() && *given < how.most && peer.is_open()) {
          const std::string_view piece = left.substr(0, kPieceBytes);
          peer.send(piece);
          const bool paused = *given > how.pauses_at;
          *given += piece.size();
          if (!paused && *given > how.pauses_at)
            std::this_thread::sleep_for(std::chrono::milliseconds(1000));
          count_ += piece.size();
          left.remove_prefix(piece.size());
          std::this_thread::sleep_for(how.pause);
        }
        *parts -= asked.range ? 1 : 0;
        if (asked.range) peer.send(how.lie.more_body);
        if (left.empty() && how.lie.cut == 0) continue;
        if (how.silent) peer.wait_for_close();
        return;
      }
    });
  }
  void givers() {
    for (const char* name : {"a", "b", "c"}) giver(name, {});
  }
  void balance_striping(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> all = {"--stripe", "--stripe-min", "1024"};
    all.insert(all.end(), flags.begin(), flags.end());
    add_unless_given(all, flags, {{"--queue-timeout", "60000"}});
    balance(all);
  }
  // Once more where this machine's other work holds one up for so long that the others have all.
  void expect_all_three_give(const std::function<void()>& download) const {
    std::string line;
    for (std::size_t tries = 1; tries <= 5 && line.find(" stripes=3 ") == line.npos; ++tries) {
      download();
      line = log_lines(tries).back();
    }
    EXPECT_THAT(line, testing::HasSubstr(" stripes=3 end=ok "));
  }
  bool is_content(const RawAnswer& answer) const { return answer.whole && answer.body == text_; }
  // A visitor who sees that it is not whole, and no wrong byte. A reset takes with it what the
  // kernels still held, which may be megabytes: how much came says little, but that it had begun.
  void expect_broken_off() {
    RawClient visitor = client();
    const RawAnswer answer = visitor.ask(kGet);
    EXPECT_FALSE(answer.whole);
    EXPECT_GT(answer.body.size(), kPieceBytes);
    EXPECT_EQ(answer.body, text_.substr(0, answer.body.size()));
    EXPECT_EQ(visitor.end(), End::kReset);
  }
};

}  // namespace bramble::test
