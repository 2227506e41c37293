// SPDX-License-Identifier: Apache-2.0
#include "node/tunnel_daemon.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/file.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

int receive_buffer_of(const UniqueFd& socket) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  EXPECT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &bytes, &size), 0);
  return bytes;
}

TEST(TunnelDaemon, ItsUdpSocketsGetLargerBuffersOnce) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const UniqueFd datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const UniqueFd datagrams6(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const UniqueFd stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int of_stream = receive_buffer_of(stream);
  EXPECT_EQ(widen_buffers(::getpid()).value(), 2);
  EXPECT_EQ(receive_buffer_of(datagrams), 2 * kDaemonBuffer);
  EXPECT_EQ(receive_buffer_of(datagrams6), 2 * kDaemonBuffer);
  EXPECT_EQ(receive_buffer_of(stream), of_stream);
  EXPECT_EQ(widen_buffers(::getpid()).value(), 0);
}

TEST(TunnelDaemon, OneThatEndedMeanwhileIsAnError) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(widen_buffers(child).ok());
}

class TunnelDaemonAmongProcesses : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "proc_XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    proc_ = folder;
  }
  ~TunnelDaemonAmongProcesses() override { std::filesystem::remove_all(proc_); }

  void process(const std::string& pid, const std::string& command) {
    std::filesystem::create_directories(proc_ + "/" + pid);
    ASSERT_TRUE(write_file(proc_ + "/" + pid + "/cmdline", command).ok());
  }

  std::string proc_;
};

TEST_F(TunnelDaemonAmongProcesses, IsTheOneOfThisInterface) {
  process("1", std::string("/sbin/init\0", 11));
  process("7", "");  // the kernel's
  process("80", std::string("wireguard-go\0home\0", 18));
  process("81", std::string("/usr/bin/wireguard-go\0bramble\0", 30));
  process("82", std::string("vi\0wireguard-go bramble\0", 24));
  process("self", std::string("wireguard-go\0bramble\0", 21));
  EXPECT_EQ(tunnel_daemon(proc_, "bramble"), 81);
}

TEST_F(TunnelDaemonAmongProcesses, IsNobodyWhereTheKernelDoesIt) {
  process("80", std::string("wireguard-go\0home\0", 18));
  EXPECT_EQ(tunnel_daemon(proc_, "bramble"), std::nullopt);
}

}  // namespace
}  // namespace bramble
