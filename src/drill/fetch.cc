// SPDX-License-Identifier: Apache-2.0
#include "drill/fetch.hh"

#include <memory>
#include <thread>
#include <utility>

#include "drill/connection.hh"

namespace bramble::drill {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

}  // namespace

Fetched fetch(const Fetch& what) {
  Fetched got;
  const auto connection = std::make_unique<Connection>();
  const auto start = Clock::now();
  auto waits_since = start;
  const auto note_silence = [&] {
    const auto silence = std::chrono::duration_cast<microseconds>(Clock::now() - waits_since);
    if (silence <= got.longest_silence) return;
    got.longest_silence = silence;
    got.silent_at = got.bytes;
  };
  got.fault = connection->open(what.address);
  if (!got.fault.empty()) return note_silence(), got;
  bool tripped = false;
  bool untouched = false;
  got.fault = connection->ask(
      request_for(what.host, what.path),
      [&](std::string_view bytes) {
        note_silence();
        if (what.begun && got.bytes == 0) what.begun(std::string(connection->served_by()));
        what.look(got.bytes, bytes);
        got.bytes += bytes.size();
        if (got.bytes >= what.trip_at && !std::exchange(tripped, true))
          what.trip(std::string(connection->served_by()));
        if (what.bytes_a_second > 0)
          std::this_thread::sleep_until(start +
                                        std::chrono::nanoseconds(static_cast<std::int64_t>(
                                            static_cast<double>(got.bytes) /
                                            static_cast<double>(what.bytes_a_second) * 1e9)));
        waits_since = Clock::now();
      },
      untouched);
  note_silence();
  return got;
}

}  // namespace bramble::drill
