// SPDX-License-Identifier: Apache-2.0
// bramble balance: the balancer in front of any HTTP servers, or of a cluster's.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "balance/balancer.hh"
#include "cli/backend_flag.hh"
#include "cli/balance_orders.hh"
#include "cli/commands.hh"
#include "cluster/addresses.hh"
#include "cluster/backends_file.hh"
#include "cluster/load.hh"
#include "net/prefix.hh"

namespace bramble::cli {
namespace {

using balance::BackendOptions;
using balance::BalanceOptions;
using std::chrono::milliseconds;

struct BalanceFlags {
  std::vector<std::string> to;
  std::vector<std::string> backup;
  std::string file;
  std::string backends_file;
  std::string control;
  std::string user;
  bool reload = false;
  std::size_t connections_max = 0;
  std::optional<std::size_t> source_connections_max;
  unsigned body_rate = 500;
  bool upgrade = false;
  unsigned handover_milliseconds = 3'600'000;
  std::vector<std::string> listen;
  std::vector<std::string> admin;
  std::string policy;  // "": the file's, or the default one
  std::string hash_by;
  std::string sticky;
  std::size_t queue = 1024;
  std::string check_path;
  std::string check_body;
  unsigned rise = 2;
  unsigned fall = 3;
  std::string access_log = "-";
  std::string log_format = "combined";
  std::vector<std::string> trusted;
  bool forwarded = false;
  bool accept_proxy = false;
  std::string send_proxy;
  std::size_t threads = 0;
  unsigned connect_milliseconds = 2000;
  unsigned answer_milliseconds = 60'000;
  unsigned hedge_milliseconds = 300;
  bool resume = false;  // or the file's, unless no_resume
  bool no_resume = false;
  unsigned resume_milliseconds = 1000;
  unsigned head_milliseconds = 10'000;
  unsigned stall_milliseconds = 30'000;
  unsigned drain_milliseconds = 30'000;
  unsigned check_interval_milliseconds = 1000;
  unsigned check_timeout_milliseconds = 1000;
  unsigned queue_milliseconds = 5'000;
  unsigned slow_start_milliseconds = 10'000;
};

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
  if (flags.check_path.empty()) flags.check_path = "/.bramble/health";
  if (flags.policy.empty()) flags.policy = cluster.balancer_options.policy;
  if (flags.hash_by.empty()) flags.hash_by = cluster.balancer_options.hash_by;
  if (flags.sticky.empty()) flags.sticky = cluster.balancer_options.sticky;
  flags.resume = flags.resume || cluster.balancer_options.resume;
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
    const std::vector<Address> addresses = TRY(resolve(entry.address));
    backends.push_back({.name = entry.name,
                        .address = addresses.front(),
                        .backup = entry.backup,
                        .weight = static_cast<double>(entry.weight),
                        .requests_max = static_cast<std::size_t>(entry.max_connections)});
  }
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

Result<BalanceOptions> options_of(BalanceFlags flags) {
  BalanceOptions options;
  if (!flags.file.empty()) TRY(take_cluster(flags));
  if (!flags.backends_file.empty()) TRY(take_backends(flags, options.backends));
  for (const std::string& text : flags.to) options.backends.push_back(TRY(backend_of(text, false)));
  for (const std::string& text : flags.backup)
    options.backends.push_back(TRY(backend_of(text, true)));
  options.listen = TRY(addresses_of(flags.listen));
  options.admin = TRY(addresses_of(flags.admin));
  options.control = control_socket_of(flags);
  options.user = flags.user;
  options.threads = flags.threads;
  TRY(take_choosing(flags, options));
  options.access_log = flags.access_log == "off" ? "" : flags.access_log;
  if (!flags.check_path.empty()) options.check = {.path = flags.check_path, .status_max = 399};
  options.check.body = flags.check_body;
  options.check.interval = milliseconds(flags.check_interval_milliseconds);
  options.check.timeout = milliseconds(flags.check_timeout_milliseconds);
  options.health.rise = flags.rise;
  options.health.fall = flags.fall;
  TRY(take_trust(flags, options));
  options.log_format = *http::parse_log_format(flags.log_format);
  options.timeouts.connect = milliseconds(flags.connect_milliseconds);
  options.timeouts.answer = milliseconds(flags.answer_milliseconds);
  options.timeouts.hedge = milliseconds(flags.hedge_milliseconds);
  options.resume = flags.resume && !flags.no_resume;
  if (!flags.file.empty()) options.resume_settle = std::chrono::seconds(0);  // nodes of our own
  options.timeouts.resume = milliseconds(flags.resume_milliseconds);
  options.timeouts.client_head = milliseconds(flags.head_milliseconds);
  options.timeouts.client_stall = milliseconds(flags.stall_milliseconds);
  options.connections_max = flags.connections_max;
  options.source_connections_max = flags.source_connections_max;
  options.body_rate_min = flags.body_rate;
  options.timeouts.drain = milliseconds(flags.drain_milliseconds);
  options.timeouts.handover = milliseconds(flags.handover_milliseconds);
  options.timeouts.queue = milliseconds(flags.queue_milliseconds);
  options.timeouts.slow_start = milliseconds(flags.slow_start_milliseconds);
  return options;
}

int run_balance(const BalanceFlags& flags) {
  Result<BalanceOptions> options = options_of(flags);
  if (!options.ok()) {
    (void)tell(options.error());
    return kBadUsage;
  }
  auto balancer =
      balance::Balancer::create(std::move(*options), [flags] { return options_of(flags); });
  if (!balancer.ok()) return tell(balancer.error());
  for (const Address& address : (*balancer)->listening())
    (void)std::fprintf(stderr, "bramble: listening on http://%s\n", address.text().c_str());
  for (const Address& address : (*balancer)->admin_listening())
    (void)std::fprintf(stderr, "bramble: status on http://%s/status.json\n",
                       address.text().c_str());
  (*balancer)->run();
  return kDone;
}

void add_trust(CLI::App& command, BalanceFlags& flags) {
  command
      .add_option("--trust-forwarded-from", flags.trusted,
                  "A proxy in front, or a prefix of them: its X-Forwarded-*, Forwarded and "
                  "X-Request-Id are believed, nobody else's")
      ->type_name("IP|PREFIX");
  command.add_flag("--forwarded", flags.forwarded,
                   "Tell backends in Forwarded (RFC 7239) as well as in X-Forwarded-*");
  command.add_flag("--accept-proxy", flags.accept_proxy,
                   "Connections of trusted proxies begin with a PROXY header, v1 or v2");
  command
      .add_option("--send-proxy", flags.send_proxy,
                  "Begin connections to backends with a PROXY header; each serves one request")
      ->type_name("v1|v2")
      ->check(CLI::IsMember({"v1", "v2"}));
}

void add_checks(CLI::App& command, BalanceFlags& flags) {
  command
      .add_option("--check-path", flags.check_path,
                  "What the health check asks for: 200 to 399 pass (/, of which 499, too)")
      ->type_name("PATH");
  command
      .add_option("--check-body", flags.check_body,
                  "What its answer's body must hold, in its first 64 KB (anything)")
      ->type_name("TEXT");
  command.add_option("--rise", flags.rise, "Passed checks until a backend is in again (2)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command.add_option("--fall", flags.fall, "Failed checks until it is out (3)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
}

void add_timeouts(CLI::App& command, BalanceFlags& flags) {
  const auto add = [&](const char* name, unsigned& value, const char* help, unsigned least = 1) {
    command.add_option(name, value, help)->type_name("MS")->check(CLI::Range(least, 86'400'000U));
  };
  add("--connect-timeout", flags.connect_milliseconds, "To connect to a backend (2000)");
  add("--answer-timeout", flags.answer_milliseconds,
      "For a backend to begin its answer, and to go on with it (60000)");
  add("--hedge-after", flags.hedge_milliseconds,
      "How long a GET waits at least before a second backend is asked too; 0: never (300)", 0);
  add("--resume-after", flags.resume_milliseconds,
      "With --resume: how long a backend may be silent in the middle of a body at least (1000)");
  add("--head-timeout", flags.head_milliseconds, "For a client to send a request's head (10000)");
  add("--stall-timeout", flags.stall_milliseconds,
      "For a client that takes no byte, or sends none of its body (30000)");
  add("--check-interval", flags.check_interval_milliseconds, "Between two health checks (1000)");
  add("--check-timeout", flags.check_timeout_milliseconds, "For a health check's answer (1000)");
  add("--queue-timeout", flags.queue_milliseconds,
      "For a request to wait while all backends have their max-connections (5000)");
  add("--slow-start", flags.slow_start_milliseconds,
      "Until a backend that came back has its full share (10000)", 0);
  add("--drain-timeout", flags.drain_milliseconds,
      "On SIGTERM, for what is under way to end (30000)");
  add("--handover-timeout", flags.handover_milliseconds,
      "After an upgrade, for what is under way in the old process to end (3600000)");
}

void add_limits(CLI::App& command, BalanceFlags& flags) {
  command
      .add_option("--max-connections", flags.connections_max,
                  "Of clients at once; more wait at the door (65536 a thread, as far as "
                  "descriptors go)")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000'000));
  command
      .add_option("--max-connections-per-source", flags.source_connections_max,
                  "Of one IPv4 address or IPv6 /64; more are turned away; 0: any number (a quarter "
                  "of all)")
      ->type_name("N")
      ->check(CLI::Range(0, 100'000'000));
  command
      .add_option("--min-body-rate", flags.body_rate,
                  "Bytes per second that a client must send of a body, beyond --stall-timeout; 0: "
                  "any (500)")
      ->type_name("BYTES")
      ->check(CLI::Range(0, 1'000'000'000));
}

void add_choosing(CLI::App& command, BalanceFlags& flags) {
  command.add_option("--policy", flags.policy, "How a backend is chosen (power-of-two)")
      ->type_name("POLICY")
      ->check(CLI::IsMember({"power-of-two", "least-connections", "round-robin", "hash"}));
  command
      .add_option("--hash-by", flags.hash_by,
                  "With --policy hash: the same path, or value of that header, goes to the same "
                  "backend (path)")
      ->type_name("path|header:NAME");
  command
      .add_option("--sticky", flags.sticky,
                  "A visitor stays with its backend by this COOKIE, which is set for it")
      ->type_name("COOKIE");
  command.add_flag("--resume", flags.resume,
                   "What a backend breaks off is asked of another that has the same: for backends "
                   "that agree on strong ETags, as a cluster's nodes do (on with -f)");
  command.add_flag("--no-resume", flags.no_resume, "Not with -f, either")->excludes("--resume");
  command
      .add_option("--queue", flags.queue,
                  "Requests that may wait while all backends have their max-connections (1024)")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000));
}

}  // namespace

void add_balance(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "balance", "Balance HTTP requests over servers, and stay up when one dies");
  command->footer(
      "Backends are checked each second; requests go to the less busy of two healthy ones, and "
      "are\n"
      "tried again on another where that is safe. SIGTERM finishes what is under way; SIGHUP reads "
      "the\n"
      "file anew, and names of backends; SIGUSR1 opens the access log anew; SIGUSR2 starts the "
      "program\n"
      "anew and hands over to it.\n"
      "Examples:\n"
      "  bramble balance --to web1=10.0.0.11:80 --to web2=10.0.0.12:80 --listen 0.0.0.0:8000\n"
      "  bramble balance --backends backends.toml --control /run/balance\n"
      "  bramble balance --reload --control /run/balance");
  const auto flags = std::make_shared<BalanceFlags>();
  CLI::Option* to =
      command
          ->add_option("--to", flags->to,
                       "A backend: HOST:PORT, or NAME=HOST:PORT; behind it ,weight=N (1) and "
                       ",max-connections=N (any)")
          ->type_name("BACKEND");
  command->add_option("--backup", flags->backup, "A backend that is used when no other is healthy")
      ->type_name("BACKEND")
      ->needs(to);
  command->add_option("-f,--file", flags->file, "Balance the cluster of this file")
      ->type_name("FILE")
      ->excludes(to);
  command
      ->add_option("--backends", flags->backends_file,
                   "Balance the backends of this file: [[backend]] tables with address, and name, "
                   "weight, backup")
      ->type_name("FILE")
      ->excludes(to)
      ->excludes("--file");
  command
      ->add_option("--control", flags->control,
                   "The control socket, for --reload and --upgrade (control in systemd's "
                   "$RUNTIME_DIRECTORY)")
      ->type_name("PATH");
  command
      ->add_option("--user", flags->user,
                   "Started as root: become this user once the ports are bound")
      ->type_name("NAME");
  command->add_flag("--reload", flags->reload,
                    "Make the running balancer read its file anew, and tell what came of it");
  command->add_flag("--upgrade", flags->upgrade,
                    "Make the running balancer hand over to its program as it is on the disk now");
  command
      ->add_option("--listen", flags->listen,
                   "Where clients come to (0.0.0.0:8000); port 0 finds a free one")
      ->type_name("ADDR:PORT");
  command->add_option("--admin", flags->admin, "Where /status.json and /metrics are served")
      ->type_name("ADDR:PORT");
  command->add_option("--threads", flags->threads, "Loop threads (one a core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  add_choosing(*command, *flags);
  add_checks(*command, *flags);
  add_trust(*command, *flags);
  command
      ->add_option("--access-log", flags->access_log,
                   "A line a request to this FILE, to standard output (-), to syslog, or off")
      ->type_name("FILE|-|syslog|off");
  command->add_option("--log-format", flags->log_format, "combined, or an object of JSON a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"combined", "json"}))
      ->capture_default_str();
  add_timeouts(*command, *flags);
  add_limits(*command, *flags);
  command->callback([flags, &invocation] {
    if (flags->reload || flags->upgrade) {
      invocation.run = [flags] {
        return order_balancer(flags->control, flags->upgrade ? "upgrade" : "reload");
      };
      return;
    }
    if (flags->to.empty() && flags->file.empty() && flags->backends_file.empty())
      throw CLI::ValidationError(
          "balance",
          "name a backend with --to, a file of them with --backends, or a cluster with -f");
    invocation.run = [flags] { return run_balance(*flags); };
  });
}

}  // namespace bramble::cli
