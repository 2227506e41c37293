// SPDX-License-Identifier: Apache-2.0
// The balancer as a service of systemd: what it tells, what it is given, who it is.
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <regex>

#include "balance_fixture.hh"
#include "base/file.hh"
#include "net/socket.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

// systemd's end of the notify socket.
class Supervisor {
 public:
  Supervisor() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    BRAMBLE_CHECK(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Supervisor() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "RUNTIME_DIRECTORY"})
      ::unsetenv(name);
  }

  // What was told next that begins like this; "" where nothing of the kind came in time.
  std::string next(const std::string& beginning) {
    for (;;) {
      std::array<char, 512> got{};
      const ssize_t size = ::recv(fd_.get(), got.data(), got.size(), 0);
      if (size < 0) return "";
      const std::string text(got.data(), static_cast<std::size_t>(size));
      if (text.starts_with(beginning)) return text;
    }
  }

 private:
  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/notify";
  UniqueFd fd_;
};

class BalanceServiceTest : public BalanceTest {
 protected:
  ~BalanceServiceTest() override {
    if (successor_ != 0) ::kill(successor_, SIGKILL);
  }
  Supervisor systemd_;
  pid_t successor_ = 0;
};

TEST_F(BalanceServiceTest, TellsWhenItIsReadyReloadsAndStops) {
  backend("a");
  balance();
  EXPECT_EQ(systemd_.next("READY"), "READY=1");
  balancer_->signal(SIGHUP);
  EXPECT_THAT(systemd_.next("RELOADING=1"), HasSubstr("\nMONOTONIC_USEC="));
  EXPECT_EQ(systemd_.next("READY"), "READY=1");
  EXPECT_EQ(balancer_->stop(), 0);
  EXPECT_EQ(systemd_.next("STOPPING"), "STOPPING=1");
}

TEST_F(BalanceServiceTest, FeedsTheWatchdogAlsoAfterAnUpgrade) {
  ::setenv("WATCHDOG_USEC", "300000", 1);
  backend("a");
  balance();
  EXPECT_EQ(systemd_.next("WATCHDOG"), "WATCHDOG=1");
  EXPECT_EQ(systemd_.next("WATCHDOG"), "WATCHDOG=1");
  balancer_->signal(SIGUSR2);
  const std::string told = systemd_.next("MAINPID=");
  ASSERT_THAT(told, testing::EndsWith("\nREADY=1"));
  successor_ = std::stoi(told.substr(8));
  EXPECT_EQ(balancer_->wait(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(systemd_.next("WATCHDOG"), "WATCHDOG=1");
}

TEST_F(BalanceServiceTest, MakesItsControlSocketInTheRuntimeDirectory) {
  const TemporaryFolder folder;
  ::setenv("RUNTIME_DIRECTORY", (folder.path() + ":/elsewhere").c_str(), 1);
  backend("a");
  balance();
  const std::string path = folder.path() + "/control";
  struct stat found = {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U) << "nobody else's";
  ChildProcess order({BRAMBLE_PROGRAM, "balance", "--reload", "--control", path});
  EXPECT_EQ(order.wait(), 0);
  balancer_->stop();
  EXPECT_NE(::stat(path.c_str(), &found), 0) << "gone with it";
}

TEST_F(BalanceServiceTest, AMistypedControlPathCostsNoFile) {
  const TemporaryFolder folder;
  const std::string file = folder.write("backends.toml", "precious");
  ChildProcess careless({BRAMBLE_PROGRAM, "balance", "--to", "127.0.0.1:1", "--listen",
                         "127.0.0.1:0", "--control", file});
  EXPECT_EQ(careless.wait(), 1);
  EXPECT_THAT(careless.after("bramble: "), HasSubstr("something else is there"));
  EXPECT_EQ(read_file(file).value(), "precious");
}

TEST_F(BalanceServiceTest, ASecondOneTakesNotTheControlOfTheFirst) {
  const TemporaryFolder folder;
  const std::string control = folder.path() + "/control";
  backend("a");
  balance({"--control", control});
  ChildProcess second({BRAMBLE_PROGRAM, "balance", "--to", "127.0.0.1:1", "--listen", "127.0.0.1:0",
                       "--control", control});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.after("control socket "), HasSubstr("another balancer listens there"));
  ChildProcess order({BRAMBLE_PROGRAM, "balance", "--reload", "--control", control});
  EXPECT_EQ(order.wait(), 0) << "the first one's still";
}

TEST_F(BalanceServiceTest, ListensOnTheSocketsOfItsActivation) {
  ScriptedBackend& a = backend("a");
  UniqueFd door = listen_on(parse_address("127.0.0.1:0").value(), {.share_port = false}).value();
  const std::uint16_t port = local_address(door.get()).value().port();
  RawClient early(port);
  early.send(kGet);
  ASSERT_EQ(::dup2(door.get(), 3) >= 0 && door.get() != 3, true);
  balancer_ = std::make_unique<ChildProcess>(std::vector<std::string>{
      "/bin/sh", "-c",
      fmt::format("LISTEN_FDS=1 LISTEN_PID=$$ exec {} balance --threads 2 --to {}", BRAMBLE_PROGRAM,
                  a.where())});
  ::close(3);
  door.reset();
  EXPECT_NE(balancer_->after(fmt::format("listening on http://127.0.0.1:{}", port).substr(0, 30)),
            "");
  EXPECT_EQ(early.answer().body, "a\n") << "who came before it served";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(RawClient(port).ask(kGet).body, "a\n");
}

TEST_F(BalanceServiceTest, BecomesTheUserOnceItIsBound) {
  const passwd* const nobody = ::getpwnam("nobody");
  if (::geteuid() != 0 || nobody == nullptr) GTEST_SKIP() << "needs root, and the user nobody";
  backend("a");
  balance({"--user", "nobody"});
  EXPECT_EQ(ask().body, "a\n");
  const std::string status = read_file(fmt::format("/proc/{}/status", balancer_->pid())).value();
  EXPECT_THAT(status, HasSubstr(fmt::format("Uid:\t{0}\t{0}\t{0}\t{0}", nobody->pw_uid)));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000"));
  ChildProcess unknown({BRAMBLE_PROGRAM, "balance", "--to", "127.0.0.1:1", "--listen",
                        "127.0.0.1:0", "--user", "no-such-user"});
  EXPECT_EQ(unknown.wait(), 1);
  EXPECT_THAT(unknown.after("bramble: "), HasSubstr("no-such-user"));
}

TEST_F(BalanceServiceTest, AUserCanUpgradeThoughRootMadeTheLog) {
  if (::geteuid() != 0 || ::getpwnam("nobody") == nullptr)
    GTEST_SKIP() << "needs root, and the user nobody";
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  const std::string log = folder.write("access.log", "");
  ASSERT_EQ(::chmod(log.c_str(), 0640), 0);
  const std::string control = folder.path() + "/control";
  backend("a");
  balance({"--user", "nobody", "--access-log", log, "--control", control});
  ChildProcess order({BRAMBLE_PROGRAM, "balance", "--upgrade", "--control", control});
  ASSERT_EQ(order.wait(), 0) << balancer_->err();
  successor_ = std::stoi(balancer_->after("hands over to process "));
  EXPECT_EQ(ask().body, "a\n");
}

// Port 1 is of no use to anybody, and low.
TEST_F(BalanceServiceTest, KeepsTheRightToLowPortsAloneWhereItHasOne) {
  const passwd* const nobody = ::getpwnam("nobody");
  if (::geteuid() != 0 || nobody == nullptr) GTEST_SKIP() << "needs root, and the user nobody";
  backend("a");
  balance({"--user", "nobody", "--listen", "127.0.0.77:1"});
  const std::string status = read_file(fmt::format("/proc/{}/status", balancer_->pid())).value();
  EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000400"));
  EXPECT_THAT(status, HasSubstr("CapAmb:\t0000000000000400")) << "for the program after it";
}

}  // namespace
}  // namespace bramble::test
