// SPDX-License-Identifier: Apache-2.0
#include "node/silent_peers.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "base/log.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{100};
constexpr milliseconds kSilenceMax{500};
constexpr std::uint16_t kGlusterdPort = 24007;
constexpr std::uint16_t kBrickPortsFrom = 49152;
constexpr std::uint16_t kWellKnownPorts = 1024;
constexpr std::uint32_t kEstablished = 1U << 1;  // TCP_ESTABLISHED is 1

struct Found {
  PeerConnection connection;
  inet_diag_sockid id = {};
};

struct Request {
  nlmsghdr header = {};
  inet_diag_req_v2 body = {};
};

Request request(std::uint16_t type, std::uint16_t flags) {
  Request made;
  made.header.nlmsg_len = sizeof made;
  made.header.nlmsg_type = type;
  made.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  made.body.sdiag_family = AF_INET;
  made.body.sdiag_protocol = IPPROTO_TCP;
  made.body.idiag_states = kEstablished;
  return made;
}

bool send_request(int socket, const Request& made) {
  return ::send(socket, &made, sizeof made, 0) == static_cast<ssize_t>(sizeof made);
}

Found read_connection(const nlmsghdr& header) {
  Found found;
  inet_diag_msg message;
  std::memcpy(&message, NLMSG_DATA(&header), sizeof message);
  found.id = message.id;
  found.connection.peer = message.id.idiag_dst[0];
  found.connection.local_port = ntohs(message.id.idiag_sport);
  found.connection.peer_port = ntohs(message.id.idiag_dport);
  const char* const begin =
      static_cast<const char*>(NLMSG_DATA(&header)) + NLMSG_ALIGN(sizeof message);
  const char* const end = reinterpret_cast<const char*>(&header) + header.nlmsg_len;
  for (const char* at = begin; at + sizeof(rtattr) <= end;) {
    rtattr attribute;
    std::memcpy(&attribute, at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute) break;
    if (attribute.rta_type == INET_DIAG_INFO) {
      tcp_info info = {};
      const std::size_t bytes =
          std::min<std::size_t>(attribute.rta_len - sizeof attribute,
                                static_cast<std::size_t>(end - at) - sizeof attribute);
      std::memcpy(&info, at + sizeof attribute, std::min(bytes, sizeof info));
      found.connection.retransmits = info.tcpi_unacked > 0 && info.tcpi_retransmits > 0;
      found.connection.silence =
          milliseconds(std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv));
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return found;
}

// All connections that are established. Nothing: the kernel did not tell.
std::vector<Found> established(int socket) {
  Request asked = request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
  asked.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  if (!send_request(socket, asked)) return {};
  std::vector<Found> all;
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  for (;;) {
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) return {};
    auto left = static_cast<unsigned>(size);
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE) return all;
      if (header->nlmsg_type == NLMSG_ERROR) return {};
      all.push_back(read_connection(*header));
    }
  }
}

// 0, or an errno.
int destroy(int socket, const inet_diag_sockid& id) {
  Request order = request(SOCK_DESTROY, NLM_F_ACK);
  order.body.id = id;
  if (!send_request(socket, order)) return errno;
  alignas(nlmsghdr) std::array<char, 1024> buffer;
  const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return size < 0 ? errno : EPROTO;
  nlmsgerr answer;
  std::memcpy(&answer, NLMSG_DATA(reinterpret_cast<nlmsghdr*>(buffer.data())), sizeof answer);
  return -answer.error;
}

std::string text_of(std::uint32_t address) {
  std::array<char, INET_ADDRSTRLEN> text = {};
  const in_addr peer{.s_addr = address};
  return ::inet_ntop(AF_INET, &peer, text.data(), text.size()) == nullptr ? "?" : text.data();
}

}  // namespace

std::vector<std::uint32_t> silent_peers(const std::vector<PeerConnection>& connections) {
  struct Word {
    bool retransmits = false;
    milliseconds silence = milliseconds::max();
  };
  std::map<std::uint32_t, Word> peers;
  for (const PeerConnection& connection : connections) {
    Word& word = peers[connection.peer];
    word.retransmits = word.retransmits || (connection.retransmits && is_glusters(connection));
    word.silence = std::min(word.silence, connection.silence);
  }
  std::vector<std::uint32_t> silent;
  for (const auto& [peer, word] : peers)
    if (word.retransmits && word.silence >= kSilenceMax) silent.push_back(peer);
  return silent;
}

bool is_glusters(const PeerConnection& connection) {
  return connection.local_port >= kWellKnownPorts &&
         (connection.peer_port == kGlusterdPort || connection.peer_port >= kBrickPortsFrom);
}

struct SilentPeers::Shared {
  Shared(UniqueFd s, std::vector<std::uint32_t> p) : socket(std::move(s)), peers(std::move(p)) {}

  const UniqueFd socket;
  const std::vector<std::uint32_t> peers;
  std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
  bool told = false;
  std::thread thread;

  void run();
  void tick();
};

void SilentPeers::Shared::run() {
  std::unique_lock lock(mutex);
  while (!stopped.wait_for(lock, kTick, [this] { return stopping; })) tick();
}

void SilentPeers::Shared::tick() {
  std::vector<Found> all = established(socket.get());
  std::erase_if(all, [this](const Found& each) {
    return std::find(peers.begin(), peers.end(), each.connection.peer) == peers.end();
  });
  std::vector<PeerConnection> connections;
  for (const Found& each : all) connections.push_back(each.connection);
  for (const std::uint32_t peer : silent_peers(connections)) {
    int cut = 0, code = 0;
    for (const Found& each : all)
      if (each.connection.peer == peer && is_glusters(each.connection)) {
        const int failed = destroy(socket.get(), each.id);
        failed == 0 ? ++cut : code = failed;
      }
    if (cut > 0)
      log::warning("{} went silent: cut {} connections to its GlusterFS", text_of(peer), cut);
    if (code != 0 && !std::exchange(told, true))
      log::warning("connections to silent machines cannot be cut here: {}", ::strerror(code));
  }
}

Result<std::unique_ptr<SilentPeers>> SilentPeers::watch(const std::vector<std::string>& addresses) {
  std::vector<std::uint32_t> peers;
  for (const std::string& address : addresses) {
    in_addr peer{};
    if (::inet_pton(AF_INET, address.c_str(), &peer) != 1)
      return failure(fmt::format("\"{}\" is no IPv4 address", address));
    peers.push_back(peer.s_addr);
  }
  UniqueFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket) return errno_error("socket of NETLINK_SOCK_DIAG");
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
    return errno_error("setsockopt");
  return std::unique_ptr<SilentPeers>(
      new SilentPeers(std::make_unique<Shared>(std::move(socket), std::move(peers))));
}

SilentPeers::SilentPeers(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {
  shared_->thread = std::thread([here = shared_.get()] { here->run(); });
}

SilentPeers::~SilentPeers() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->stopped.notify_all();
  shared_->thread.join();
}

}  // namespace bramble
