// SPDX-License-Identifier: Apache-2.0
#include "bare_nodes.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>

#include "base/process.hh"
#include "base/unique_fd.hh"

namespace bramble::bench {
namespace {

constexpr const char* kFront = "bench-front";
constexpr std::uint16_t kPort = 80;

std::string netns_of(std::size_t node) { return fmt::format("bench-node{}", node); }

Result<void> enter(const std::string& netns) {
  const UniqueFd file(::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC));
  if (::setns(file.get(), CLONE_NEWNET) != 0) return errno_error("setns " + netns);
  return {};
}

// Commands of ip(8) or tc(8), in one process.
Result<void> batch(const char* program, const std::string& netns, const std::string& text) {
  TRY(run_ok(Command{.argv = {program, "-n", netns, "-batch", "-"}, .input = text}));
  return {};
}

// nullptr: it has no length.
Result<std::unique_ptr<DelayLine>> lay_cable(std::size_t node, std::chrono::milliseconds delay) {
  std::unique_ptr<DelayLine> line;
  if (delay.count() == 0) {
    TRY(batch(
        "ip", kFront,
        fmt::format("link add c{} type veth peer name eth0 netns {}\n", node, netns_of(node))));
  } else {
    TRY(enter(kFront));
    UniqueFd front = TRY(open_tap(fmt::format("c{}", node)));
    TRY(enter(netns_of(node)));
    line = std::make_unique<DelayLine>(std::move(front), TRY(open_tap("eth0")), delay);
  }
  TRY(batch("ip", kFront,
            fmt::format("addr add 10.99.{0}.1/24 dev c{0}\nlink set c{0} up\n", node)));
  TRY(batch("ip", netns_of(node),
            fmt::format("addr add 10.99.{}.2/24 dev eth0\nlink set eth0 up\n", node)));
  return line;
}

// Where in the frame the port of the front's side is: of a TCP packet without IP options, as source
// and as destination.
enum class FrontPort : std::uint8_t { kSource = 34, kDestination = 36 };

// A token bucket passes no more than its depth at once. HTB would let whole trains of packets go
// before others: two, as TCP makes them at such rates, are what cannot be helped.
Result<void> throttle(const std::string& netns, const std::string& interface, lab::Rate rate,
                      BareNodes::Queues queues, FrontPort port) {
  const std::string on = "dev " + interface;
  if (queues == BareNodes::Queues::kOne)
    return batch("tc", netns,
                 fmt::format("qdisc add {} root tbf rate {} burst {} latency 50ms\n", on,
                             rate.text(), rate.burst_bytes()));
  TRY(batch("ip", netns, fmt::format("link set {} gso_max_segs 2\n", on)));
  constexpr unsigned kQueues = 1024;
  const auto queue = [&](const std::string& parent, const std::string& id, const char* assured) {
    return fmt::format(
        "class add {} parent 1:{} classid 1:{} htb rate {} ceil {} burst 3200 cburst 3200 "
        "quantum 1514\n",
        on, parent, id, assured, rate.text());
  };
  std::string text = fmt::format("qdisc add {} root handle 1: htb default 1\n", on);
  text += queue("", "ffff", rate.text().c_str());
  for (unsigned i = 1; i <= kQueues; ++i) text += queue("ffff", fmt::format("{:x}", i), "1mbit");
  // Class 1 + port % 1024, in the instructions of bpf(4): load the port, and, add, or, return.
  text += fmt::format(
      "filter add {} parent 1: protocol ip prio 1 bpf bytecode '5,40 0 0 {},84 0 0 {},4 0 0 1,"
      "68 0 0 65536,22 0 0 0'\n",
      on, static_cast<unsigned>(port), kQueues - 1);
  return batch("tc", netns, text);
}

Result<void> delete_netns(const std::string& netns) {
  TRY(run(Command{.argv = {"ip", "netns", "del", netns}, .ignore_interrupt = true}));
  return {};
}

}  // namespace

Result<std::unique_ptr<BareNodes>> BareNodes::start(const Cables& cables,
                                                    const std::string& folder) {
  std::unique_ptr<BareNodes> nodes(new BareNodes(cables.rates.size()));
  nodes->delete_network();  // what a run that was ended left
  TRY(run_ok({"ip", "netns", "add", kFront}));
  TRY(batch("ip", kFront, "link set lo up\n"));
  for (std::size_t node = 1; node <= cables.rates.size(); ++node) {
    const lab::Rate rate = cables.rates[node - 1];
    const std::string netns = netns_of(node);
    TRY(run_ok({"ip", "netns", "add", netns}));
    TRY(batch("ip", netns, "link set lo up\n"));
    nodes->delay_lines_.push_back(TRY(lay_cable(node, cables.delay)));
    TRY(throttle(netns, "eth0", rate, cables.queues, FrontPort::kDestination));
    TRY(throttle(kFront, fmt::format("c{}", node), rate, cables.queues, FrontPort::kSource));
    TRY(enter(netns));
    nodes->servers_.push_back(std::make_unique<Contender>(
        netns,
        std::vector<std::string>{BRAMBLE_PROGRAM, "serve", folder, "--listen",
                                 fmt::format("0.0.0.0:{}", kPort), "--access-log", "off"},
        kPort, kAnyCore));
  }
  TRY(nodes->enter_front());
  return nodes;
}

BareNodes::~BareNodes() {
  servers_.clear();
  delay_lines_.clear();
  delete_network();
}

void BareNodes::delete_network() const {
  for (std::size_t node = 1; node <= count_; ++node) (void)delete_netns(netns_of(node));
  (void)delete_netns(kFront);
}

std::vector<std::string> BareNodes::addresses() const {
  std::vector<std::string> all;
  for (std::size_t node = 1; node <= count_; ++node)
    all.push_back(fmt::format("10.99.{}.2:{}", node, kPort));
  return all;
}

Result<void> BareNodes::enter_front() const { return enter(kFront); }

}  // namespace bramble::bench
