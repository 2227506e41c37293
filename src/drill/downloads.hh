// SPDX-License-Identifier: Apache-2.0
// Visitors who download one file again and again, and compare what they got with what it is: by
// SHA-256, taken from a first download before anything breaks. A thread each.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hh"
#include "drill/failures.hh"
#include "net/address.hh"

namespace bramble::drill {

struct DownloadsOptions {
  Address address;
  std::string host = "drill";  // the Host field
  std::string path;
  int visitors = 1;
  std::uint64_t bytes_a_second = 0;  // of each; 0: as fast as they come
};

struct DownloadsReport {
  std::uint64_t downloads = 0;
  std::uint64_t bytes = 0;
  std::uint64_t others = 0;  // whole, but not what it was: changed, or mixed
  Failures failed;           // by what the visitor saw
  std::chrono::microseconds longest_silence{0};

  std::uint64_t failures() const { return total(failed); }
};

class Downloads {
 public:
  // Blocks for the first download; an Error where that fails.
  static Result<std::unique_ptr<Downloads>> begin(DownloadsOptions options);
  ~Downloads();
  Downloads(const Downloads&) = delete;
  Downloads& operator=(const Downloads&) = delete;

  DownloadsReport stop();  // what is under way is finished; by Ctrl-C it is left, and not counted

 private:
  Downloads(DownloadsOptions options, std::string digest);
  void visit(int which);

  const DownloadsOptions options_;
  const std::string digest_;
  std::atomic<bool> over_ = false;
  std::vector<DownloadsReport> reports_;  // one a thread
  std::vector<std::thread> threads_;
};

}  // namespace bramble::drill
