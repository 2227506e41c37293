// SPDX-License-Identifier: Apache-2.0
#include "base/sd_notify.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/unique_fd.hh"

namespace bramble {
namespace {

TEST(SdNotify, TheStateReachesTheSupervisorsSocket) {
  const std::string name = "@bramble-sd-notify-test-" + std::to_string(::getpid());
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);

  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  sd_notify("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  std::array<char, 64> got = {};
  EXPECT_EQ(::recv(fd.get(), got.data(), got.size(), 0), 7);
  EXPECT_STREQ(got.data(), "READY=1");
}

TEST(SdNotify, WithoutASupervisorNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  sd_notify("READY=1");
}

TEST(SdNotify, TheWatchdogIsForTheProcessThatItNames) {
  EXPECT_FALSE(watchdog_time());
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_EQ(watchdog_time(), std::chrono::seconds(3));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(watchdog_time());
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_time(), std::chrono::seconds(3));
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(watchdog_time());
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

}  // namespace
}  // namespace bramble
