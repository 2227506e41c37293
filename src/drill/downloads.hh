// SPDX-License-Identifier: Apache-2.0
// Visitors who download one file again and again, and compare what they got with what it is: by
// SHA-256, taken from a first download before anything breaks. A thread each.
//
// With an Aim, each download has a byte of its own, at random, whose coming the Aim is told of.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hh"
#include "drill/aim.hh"
#include "drill/failures.hh"
#include "drill/fetch.hh"
#include "net/address.hh"

namespace bramble::drill {

struct DownloadsOptions {
  Address address;
  std::string host = "drill";  // the Host field
  std::string path;
  int visitors = 1;
  std::uint64_t bytes_a_second = 0;  // of each; 0: as fast as they come
  std::uint64_t count = 0;           // so many in all, or that were hit; 0: until stop()
  Aim* aim = nullptr;                // outlives them
  std::uint64_t seed = 0;            // of the bytes
  std::function<void(std::string_view)> tell = {};  // of each that was not whole, or silent for
                                                    // kSilenceWorthTelling; any thread
};

struct DownloadsReport {
  std::uint64_t downloads = 0;
  std::uint64_t bytes = 0;
  std::uint64_t others = 0;                         // whole, but not what it was: changed, or mixed
  std::uint64_t hit = 0;                            // their server broke while they ran
  Failures failed;                                  // by what the visitor saw
  std::vector<std::chrono::microseconds> silences;  // the longest of each, sorted

  std::uint64_t failures() const { return total(failed); }
  std::uint64_t whole() const { return downloads - failures() - others; }
  std::chrono::microseconds silence(double percent) const;  // 100: the longest of all
};

class Downloads {
 public:
  static constexpr std::chrono::milliseconds kSilenceWorthTelling{1000};

  // Blocks for the first download; an Error where that fails.
  static Result<std::unique_ptr<Downloads>> begin(DownloadsOptions options);
  ~Downloads();
  Downloads(const Downloads&) = delete;
  Downloads& operator=(const Downloads&) = delete;

  bool over() const;            // so many as were wanted are done
  std::uint64_t ended() const;  // of all until now
  DownloadsReport stop();  // what is under way is finished; by Ctrl-C it is left, and not counted

 private:
  struct Original {
    std::string digest;
    std::uint64_t bytes = 0;
  };
  struct Ticket {
    std::uint64_t number = 0;  // from 1 on
    std::uint64_t byte = 0;    // for the Aim
  };
  Downloads(DownloadsOptions options, Original original);
  void visit(std::size_t which);
  Ticket begin_one();  // number 0: no more
  Fetched download(std::size_t which, std::uint64_t byte, std::string& digest) const;
  void count(const Fetched& got, bool same, DownloadsReport& report) const;
  void tell(const Ticket& ticket, const Fetched& got, bool same) const;

  const DownloadsOptions options_;
  const Original original_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::uint64_t> ended_ = 0;
  std::atomic<std::uint64_t> done_ = 0;  // of those, what counts
  std::mutex mutex_;
  std::uint64_t begun_ = 0;
  std::mt19937_64 random_;
  std::vector<DownloadsReport> reports_;  // one a thread
  std::vector<std::thread> threads_;
};

}  // namespace bramble::drill
