// SPDX-License-Identifier: Apache-2.0
#include "cli/balance_flags.hh"

#include <fmt/format.h>

#include <cstdlib>
#include <set>
#include <string_view>

#include "cli/backend_flag.hh"
#include "cluster/addresses.hh"
#include "cluster/backends_file.hh"
#include "cluster/load.hh"
#include "net/prefix.hh"

namespace bramble::cli {
namespace {

using balance::BackendOptions;
using balance::BalanceOptions;
using std::chrono::milliseconds;

Result<std::vector<Address>> addresses_of(const std::vector<std::string>& texts) {
  std::vector<Address> addresses;
  for (const std::string& text : texts) addresses.push_back(TRY(parse_address(text)));
  return addresses;
}

// What the cluster's file says stands where no flag does.
Result<void> take_cluster(BalanceFlags& flags) {
  const Cluster cluster = TRY(load_cluster(flags.file));
  const auto where = [&](const Machine& machine) {
    std::string text =
        fmt::format("{}={}:{}", machine.name, tunnel_address(cluster, machine.name), kWebPort);
    text += fmt::format(",weight={}", machine.weight);
    if (machine.max_connections != 0)
      text += fmt::format(",max-connections={}", machine.max_connections);
    return text;
  };
  for (const Machine& node : cluster.nodes) flags.to.push_back(where(node));
  if (cluster.offsite) flags.backup.push_back(where(*cluster.offsite));
  if (flags.listen.empty()) flags.listen = cluster.balancer_options.listen;
  if (flags.check_path.empty()) flags.check_path = kHealthPath;
  if (flags.policy.empty()) flags.policy = cluster.balancer_options.policy;
  if (flags.hash_by.empty() && flags.policy == cluster.balancer_options.policy)
    flags.hash_by = cluster.balancer_options.hash_by;
  if (flags.sticky.empty()) flags.sticky = cluster.balancer_options.sticky;
  flags.resume = flags.resume || cluster.balancer_options.resume;
  flags.stripe = flags.stripe || cluster.balancer_options.stripe;
  if (flags.trusted.empty()) flags.trusted = cluster.balancer_options.trust_forwarded_from;
  if (!flags.admin.empty()) return {};
  flags.admin.push_back(fmt::format("127.0.0.1:{}", kAdminPort));
  if (cluster.balancer)
    flags.admin.push_back(
        fmt::format("{}:{}", tunnel_address(cluster, cluster.balancer->name), kAdminPort));
  return {};
}

Result<void> take_choosing(const BalanceFlags& flags, BalanceOptions& options) {
  if (!flags.policy.empty()) options.policy = *balance::parse_policy(flags.policy);
  if (!flags.hash_by.empty() && options.policy != balance::Policy::kHash)
    return failure("--hash-by goes with --policy hash only");
  if (options.policy == balance::Policy::kHash)
    options.affinity.hash_by =
        TRY(balance::parse_hash_by(flags.hash_by.empty() ? "path" : flags.hash_by));
  if (!flags.sticky.empty() && !balance::is_cookie_name(flags.sticky))
    return failure(fmt::format("--sticky \"{}\" is no name of a cookie", flags.sticky));
  options.affinity.cookie = flags.sticky;
  options.queue_max = flags.queue;
  return {};
}

Result<void> take_trust(const BalanceFlags& flags, BalanceOptions& options) {
  balance::TrustOptions& trust = options.trust;
  for (const std::string& text : flags.trusted)
    trust.forwarded_from.push_back(TRY(parse_prefix(text)));
  if (flags.accept_proxy && trust.forwarded_from.empty())
    return failure("--accept-proxy needs --trust-forwarded-from: whose PROXY headers to believe");
  trust.forwarded = flags.forwarded;
  trust.accept_proxy = flags.accept_proxy;
  if (!flags.send_proxy.empty())
    trust.send_proxy = flags.send_proxy == "v1" ? ProxyVersion::kV1 : ProxyVersion::kV2;
  options.check.send_proxy = trust.send_proxy;
  return {};
}

// What the file says of listening stands where no flag does.
Result<void> take_backends(BalanceFlags& flags, std::vector<BackendOptions>& backends) {
  const BackendsFile file = TRY(load_backends(flags.backends_file));
  if (flags.listen.empty()) flags.listen = file.listen;
  for (const BackendEntry& entry : file.backends) {
    const Result<std::vector<Address>> addresses = resolve(entry.address);
    if (!addresses.ok())
      return failure(fmt::format("{}: backend \"{}\": {}", flags.backends_file, entry.name,
                                 addresses.error().what));
    backends.push_back({.name = entry.name,
                        .address = addresses->front(),
                        .backup = entry.backup,
                        .weight = static_cast<double>(entry.weight),
                        .requests_max = static_cast<std::size_t>(entry.max_connections)});
  }
  return {};
}

// A name is one backend's in logs, status and metrics.
Result<void> check_names(const std::vector<BackendOptions>& backends) {
  std::set<std::string_view> names;
  for (const BackendOptions& backend : backends)
    if (!names.insert(backend.name).second)
      return failure(fmt::format(
          "two backends are called \"{}\": tell them apart by NAME=HOST:PORT", backend.name));
  return {};
}

// systemd makes $RUNTIME_DIRECTORY: its name is the first of several.
std::string control_socket_of(const BalanceFlags& flags) {
  if (!flags.control.empty()) return flags.control;
  const char* const folders = std::getenv("RUNTIME_DIRECTORY");
  if (folders == nullptr) return "";
  const std::string_view all = folders;
  return std::string(all.substr(0, all.find(':'))) + "/control";
}

void take_checks(const BalanceFlags& flags, BalanceOptions& options) {
  if (!flags.check_path.empty()) options.check = {.path = flags.check_path, .status_max = 399};
  options.check.body = flags.check_body;
  options.check.interval = milliseconds(flags.check_interval_milliseconds);
  options.check.timeout = milliseconds(flags.check_timeout_milliseconds);
  options.health.rise = flags.rise;
  options.health.fall = flags.fall;
}

void take_timeouts(const BalanceFlags& flags, BalanceOptions& options) {
  balance::Timeouts& timeouts = options.timeouts;
  timeouts.connect = milliseconds(flags.connect_milliseconds);
  timeouts.answer = milliseconds(flags.answer_milliseconds);
  timeouts.hedge = milliseconds(flags.hedge_milliseconds);
  timeouts.resume = milliseconds(flags.resume_milliseconds);
  timeouts.client_head = milliseconds(flags.head_milliseconds);
  timeouts.client_stall = milliseconds(flags.stall_milliseconds);
  timeouts.queue = milliseconds(flags.queue_milliseconds);
  timeouts.slow_start = milliseconds(flags.slow_start_milliseconds);
  timeouts.drain = milliseconds(flags.drain_milliseconds);
  timeouts.handover = milliseconds(flags.handover_milliseconds);
}

}  // namespace

Result<BalanceOptions> options_of(BalanceFlags flags) {
  BalanceOptions options;
  if (!flags.file.empty()) TRY(take_cluster(flags));
  if (!flags.backends_file.empty()) TRY(take_backends(flags, options.backends));
  for (const std::string& text : flags.to) options.backends.push_back(TRY(backend_of(text, false)));
  for (const std::string& text : flags.backup)
    options.backends.push_back(TRY(backend_of(text, true)));
  TRY(check_names(options.backends));
  options.control = control_socket_of(flags);
  options.user = flags.user;
  options.listen = TRY(addresses_of(flags.listen));
  options.admin = TRY(addresses_of(flags.admin));
  options.threads = flags.threads;
  TRY(take_choosing(flags, options));
  options.resume = flags.resume && !flags.no_resume;
  if (!flags.file.empty()) options.resume_settle = std::chrono::seconds(0);  // nodes of our own
  options.stripe = {.wanted = flags.stripe && !flags.no_stripe,
                    .bytes_min = std::uint64_t{flags.stripe_min_kilobytes} * 1024,
                    .memory_max = std::size_t{flags.stripe_memory_megabytes} * 1024 * 1024};
  take_checks(flags, options);
  TRY(take_trust(flags, options));
  options.access_log = flags.access_log == "off" ? "" : flags.access_log;
  options.log_format = *http::parse_log_format(flags.log_format);
  take_timeouts(flags, options);
  options.connections_max = flags.connections_max;
  options.source_connections_max = flags.source_connections_max;
  options.body_rate_min = flags.body_rate;
  return options;
}

}  // namespace bramble::cli
