// SPDX-License-Identifier: Apache-2.0
// bramble balance: the balancer in front of any HTTP servers, or of a cluster's.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "balance/balancer.hh"
#include "cli/balance_flags.hh"
#include "cli/balance_orders.hh"
#include "cli/commands.hh"
#include "cli/path_flag.hh"
#include "cli/whole_number.hh"

namespace bramble::cli {
namespace {

constexpr const char* kExplanation =
    R"(Backends are checked each second; requests go to the less busy of two healthy ones, and are
tried again on another where that is safe. SIGTERM finishes what is under way; SIGHUP reads the
file anew, and names of backends; SIGUSR1 opens the access log anew; SIGUSR2 starts the program
anew and hands over to it.
Examples:
  bramble balance --to web1=10.0.0.11:80 --to web2=10.0.0.12:80 --listen 0.0.0.0:8000
  bramble balance --backends backends.toml --control /run/balance/control
  bramble balance --reload --control /run/balance/control)";

int run_balance(const BalanceFlags& flags) {
  Result<balance::BalanceOptions> options = options_of(flags);
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

void add_backends(CLI::App& command, BalanceFlags& flags) {
  CLI::Option* to =
      command
          .add_option("--to", flags.to,
                      "A backend: HOST:PORT, or NAME=HOST:PORT; behind it ,weight=N (1) and "
                      ",max-connections=N (any)")
          ->type_name("BACKEND");
  command.add_option("--backup", flags.backup, "A backend that is used when no other is healthy")
      ->type_name("BACKEND")
      ->needs(to);
  command.add_option("-f,--file", flags.file, "Balance the cluster of this file")
      ->type_name("FILE")
      ->excludes(to);
  command
      .add_option("--backends", flags.backends_file,
                  "Balance the backends of this file: [[backend]] tables with address, and name, "
                  "weight, backup, max-connections")
      ->type_name("FILE")
      ->excludes(to)
      ->excludes("--file");
}

void add_control(CLI::App& command, BalanceFlags& flags) {
  command
      .add_option("--control", flags.control,
                  "The control socket, for --reload and --upgrade (control in systemd's "
                  "$RUNTIME_DIRECTORY)")
      ->type_name("PATH");
  command
      .add_option("--user", flags.user,
                  "Started as root: become this user once the ports are bound")
      ->type_name("NAME");
  command.add_flag("--reload", flags.reload,
                   "Make the running balancer read its file anew, and tell what came of it");
  command
      .add_flag("--upgrade", flags.upgrade,
                "Make the running balancer hand over to its program as it is on the disk now")
      ->excludes("--reload");
}

void add_listening(CLI::App& command, BalanceFlags& flags) {
  command
      .add_option("--listen", flags.listen,
                  "Where clients come to (0.0.0.0:8000); port 0 finds a free one")
      ->type_name("ADDR:PORT");
  command
      .add_option("--admin", flags.admin, "Where /status.json and /metrics are served (nowhere)")
      ->type_name("ADDR:PORT");
  command.add_option("--threads", flags.threads, "Loop threads (one a core)")
      ->type_name("N")
      ->check(whole_number(1, 256));
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
      .add_option(
          "--check-path", flags.check_path,
          "What the health check asks for: 200 to 399 pass (/; without the flag 200 to 499)")
      ->type_name("PATH")
      ->check(CLI::Validator(fault_of_path, ""));
  command
      .add_option("--check-body", flags.check_body,
                  "What its answer's body must hold, in its first 64 KB (anything)")
      ->type_name("TEXT");
  command.add_option("--rise", flags.rise, "Passed checks until a backend is in again (2)")
      ->type_name("N")
      ->check(whole_number(1, 1000));
  command.add_option("--fall", flags.fall, "Failed checks until it is out (3)")
      ->type_name("N")
      ->check(whole_number(1, 1000));
}

void add_timeouts(CLI::App& command, BalanceFlags& flags) {
  const auto add = [&](const char* name, unsigned& value, const char* help, unsigned least = 1) {
    command.add_option(name, value, help)->type_name("MS")->check(whole_number(least, 86'400'000U));
  };
  add("--connect-timeout", flags.connect_milliseconds, "To connect to a backend (2000)");
  add("--answer-timeout", flags.answer_milliseconds,
      "For a backend to begin its answer, and to go on with it (60000)");
  add("--hedge-after", flags.hedge_milliseconds,
      "How long a GET waits at least before a second backend is asked too; 0: never (100)", 0);
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
      ->check(whole_number(1, 100'000'000));
  command
      .add_option("--max-connections-per-source", flags.source_connections_max,
                  "Of one IPv4 address or IPv6 /64; more are turned away; 0: any number (a quarter "
                  "of all)")
      ->type_name("N")
      ->check(whole_number(0, 100'000'000));
  command
      .add_option("--min-body-rate", flags.body_rate,
                  "Bytes per second that a client must send of a body, beyond --stall-timeout; 0: "
                  "any (500)")
      ->type_name("BYTES")
      ->check(whole_number(0, 1'000'000'000));
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
  command.add_flag(
      "--stripe", flags.stripe,
      "A large body whose visitor takes it faster than its backend gives it is fetched "
      "from several at once: for backends as with --resume (on with -f)");
  command.add_flag("--no-stripe", flags.no_stripe, "Not with -f, either")->excludes("--stripe");
  command
      .add_option("--stripe-min", flags.stripe_min_kilobytes,
                  "With --stripe: KB of a body that must be missing (4096)")
      ->type_name("KB")
      ->check(whole_number(256U, 1'000'000'000U));
  command
      .add_option(
          "--stripe-memory", flags.stripe_memory_megabytes,
          "With --stripe: memory for all such bodies together; each takes 8 MB at most (128)")
      ->type_name("MB")
      ->check(whole_number(2U, 1'000'000U));
  command
      .add_option("--queue", flags.queue,
                  "Requests that may wait while all backends have their max-connections (1024)")
      ->type_name("N")
      ->check(whole_number(0, 1'000'000));
}

void add_log(CLI::App& command, BalanceFlags& flags) {
  command
      .add_option("--access-log", flags.access_log,
                  "A line a request to this FILE, to standard output (-), to syslog, or off (-)")
      ->type_name("FILE|-|syslog|off");
  command.add_option("--log-format", flags.log_format, "combined, or an object of JSON a line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"combined", "json"}))
      ->capture_default_str();
}

}  // namespace

void add_balance(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "balance", "Balance HTTP requests over servers, and stay up when one dies");
  command->footer(kExplanation);
  const auto flags = std::make_shared<BalanceFlags>();
  add_backends(*command, *flags);
  add_control(*command, *flags);
  add_listening(*command, *flags);
  add_choosing(*command, *flags);
  add_checks(*command, *flags);
  add_trust(*command, *flags);
  add_log(*command, *flags);
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
