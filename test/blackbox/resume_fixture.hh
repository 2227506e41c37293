// SPDX-License-Identifier: Apache-2.0
// Backends that break off, fall silent or lie in the middle of a body, and a balancer that goes on
// with it at another.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "balance_fixture.hh"
#include "ranged_answers.hh"

namespace bramble::test {

// Has something else than what is asked for.
inline void has_another(BackendPeer& peer) {
  while (peer.request()) peer.send("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
}

class ResumeTest : public BalanceTest {
 protected:
  static constexpr std::size_t kBytes = 300'000;
  static constexpr std::size_t kGivenUpAt = 100'000;

  ResumeTest() { text_ = content(kBytes); }

  // Gives what is asked for, but so many bytes at most, and then closes; or keeps silent.
  void giver(const std::string& name, std::size_t most, bool silent = false) {
    backend(name, [this, most, silent](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        const std::size_t bytes = std::min(most, asked.bytes());
        peer.send(head_for(asked) + text_.substr(asked.first, bytes));
        if (bytes == asked.bytes()) continue;
        if (silent) peer.wait_for_close();
        return;
      }
    });
  }
  // Gives in as many pieces as there are pauses, in milliseconds, each after its piece; parts at
  // once.
  void pauser(const std::string& name, const std::vector<int>& pauses) {
    backend(name, [this, pauses](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        const std::string all = head_for(asked) + text_.substr(asked.first, asked.bytes());
        const std::string_view part = all;
        if (asked.range) {
          peer.send(part);
          continue;
        }
        const std::size_t piece = kBytes / (pauses.size() + 1);
        std::size_t given = 0;
        for (const int pause : pauses) {
          peer.send(part.substr(given, piece));
          given += piece;
          if (pause > 10'000) return void(peer.wait_for_close());
          std::this_thread::sleep_for(std::chrono::milliseconds(pause));
        }
        peer.send(part.substr(given));
      }
    });
  }
  // Breaks off what is asked for whole, and refuses parts until so many have been, of all.
  void refuser(const std::string& name, std::atomic<int>& refused, int most) {
    backend(name, [this, &refused, most](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        if (asked.range && refused < most) {
          ++refused;
          peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
          continue;
        }
        const std::size_t bytes = asked.range ? asked.bytes() : kGivenUpAt;
        peer.send(head_for(asked) + text_.substr(asked.first, bytes));
        if (!asked.range) return;
      }
    });
  }
  void liar(const std::string& name, Lie lie) {
    backend(name, [this, lie](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        std::string body = text_.substr(asked.first, asked.bytes());
        body.resize(body.size() - lie.cut);
        peer.send(head_for(asked, lie) + (lie.status == 206 ? body + lie.more_body : ""));
        if (lie.cut > 0) return;
      }
    });
  }

  void balance_resuming(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> all = {"--resume"};
    all.insert(all.end(), flags.begin(), flags.end());
    add_unless_given(all, flags, {{"--resume-after", "200"}});
    balance(all);
  }
  bool is_content(const RawAnswer& answer) const { return answer.whole && answer.body == text_; }
};

}  // namespace bramble::test
