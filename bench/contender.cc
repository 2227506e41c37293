// SPDX-License-Identifier: Apache-2.0
#include "contender.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/file.hh"
#include "base/text.hh"
#include "bench_backend.hh"
#include "net/socket.hh"

namespace bramble::bench {
namespace {

// The process and its children, of which nginx and HAProxy have one that works.
std::vector<pid_t> family_of(pid_t parent) {
  std::vector<pid_t> family = {parent};
  const std::string listed = fmt::format("/proc/{0}/task/{0}/children", parent);
  const std::string children = read_file(listed).ok() ? read_file(listed).value() : "";
  for (const std::string_view child : words(children))
    family.push_back(static_cast<pid_t>(parse_number(child).value_or(0)));
  return family;
}

}  // namespace

Contender::Contender(std::string name, const std::vector<std::string>& argv, std::uint16_t port,
                     int core)
    : name_(std::move(name)), port_(port), pid_(::fork()) {
  BRAMBLE_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (core != kAnyCore) pin_to(core);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : argv) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  while (!answers(port_)) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
      (void)std::fprintf(stderr, "bench: %s has ended; try: %s\n", name_.c_str(),
                         join(argv, " ").c_str());
      std::exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Contender::~Contender() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::chrono::nanoseconds Contender::cpu() const {
  std::chrono::nanoseconds total{0};
  for (const pid_t pid : family_of(pid_)) total += cpu_of(pid);
  return total;
}

Memory memory_of(pid_t pid) {
  Memory memory;
  const Result<std::string> status = read_file(fmt::format("/proc/{}/status", pid));
  for (const std::string_view line : lines(status.ok() ? std::string_view(*status) : "")) {
    if (!line.starts_with("VmRSS:") && !line.starts_with("VmHWM:")) continue;
    const std::uint64_t bytes = parse_number(words(line)[1]).value_or(0) * 1024;
    (line.starts_with("VmRSS:") ? memory.now : memory.most) = bytes;
  }
  return memory;
}

std::chrono::nanoseconds cpu_of(pid_t pid) {
  clockid_t clock = {};
  timespec spent = {};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &spent) != 0) return {};
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

Address local(std::uint16_t port) {
  Address address = parse_address("127.0.0.1:0").value();
  address.set_port(port);
  return address;
}

bool answers(std::uint16_t port) {
  const Result<UniqueFd> fd = connect_to(local(port));
  if (!fd.ok()) return false;
  pollfd wait = {.fd = fd->get(), .events = POLLOUT, .revents = 0};
  return ::poll(&wait, 1, 1000) == 1 && take_socket_error(fd->get()) == 0;
}

std::uint16_t free_port() {
  const UniqueFd fd = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
  return local_address(fd.get()).value().port();
}

}  // namespace bramble::bench
