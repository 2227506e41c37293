// SPDX-License-Identifier: Apache-2.0
// bramble drill: what visitors see while something breaks.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/interrupt.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "cli/commands.hh"
#include "cli/lab_words.hh"
#include "drill/downloads.hh"
#include "drill/schedule.hh"
#include "drill/visitors.hh"
#include "lab/faults.hh"
#include "lab/lab.hh"
#include "net/socket.hh"

namespace bramble::cli {
namespace {

using lab::LabHost;
using lab::Place;
using std::chrono::milliseconds;

struct DrillFlags {
  std::string fault;  // "": nothing breaks
  std::vector<std::string> hosts;
  std::string lab = lab::kUsualLab;
  std::string url;  // "": the lab's site
  unsigned load = 50;
  std::string path = "/";
  int downloads = 0;
  std::string file;
  unsigned rate = 0;
  unsigned seconds = 20;
  unsigned times = 0;  // 0: as often as there are hosts, once at least
  std::optional<std::uint64_t> seed;
  bool json = false;
};

// HOST[:PORT] of the URL.
std::string host_of(const DrillFlags& flags) {
  std::string_view where = flags.url;
  if (where.starts_with("http://")) where.remove_prefix(7);
  while (where.ends_with('/')) where.remove_suffix(1);
  return where.empty() ? "drill" : std::string(where);
}

// Where the visitors come in. Error: no such address, or no lab.
Result<Address> door_of(const DrillFlags& flags, const Place& place) {
  if (!flags.url.empty()) {
    const std::string host = host_of(flags);
    const bool has_port = host.rfind(':') != std::string::npos && !host.ends_with(']');
    return TRY(resolve(has_port ? host : host + ":80")).front();
  }
  if (!lab::is_up(place)) return failure(place.is_not_up());
  for (const lab::Door& door : lab::kDoors)
    if (std::string_view(door.what) == "site")
      return parse_address(fmt::format("{}:{}", place.loopback(), door.loopback_port));
  return failure("the lab has no door to its site");
}

Result<void> break_it(const DrillFlags& flags, const Place& place, const LabHost& host) {
  StderrNarrator narrator;
  if (flags.fault == "power-cut") return lab::power_cut(place, host, narrator);
  return flags.fault == "cut" ? lab::cut(place, host, narrator) : lab::hang(place, host, narrator);
}

Result<void> mend_it(const DrillFlags& flags, const Place& place, const LabHost& host) {
  StderrNarrator narrator;
  if (flags.fault == "hang") return lab::wake(place, host, narrator);
  if (flags.fault == "cut") return lab::mend(place, host, narrator);
  TRY(lab::power_on(place, host, narrator));
  return {};
}

std::string mending(const DrillFlags& flags) {
  if (flags.fault == "hang") return "wake ";
  return flags.fault == "cut" ? "mend " : "power-on ";
}

// Ctrl-C ends it early.
void pause_for(milliseconds time) {
  pollfd interrupt = {.fd = interrupt_fd(), .events = POLLIN, .revents = 0};
  ::poll(&interrupt, 1, static_cast<int>(time.count()));
}

// The lab's balancer's own count of bodies that it went on with elsewhere; nothing where it cannot
// be asked.
std::optional<std::uint64_t> resumes(const DrillFlags& flags, const Place& place) {
  if (!flags.url.empty() || flags.downloads == 0) return std::nullopt;
  const Result<std::string> status =
      run_ok(Command{.argv = {"ssh", "-o", "BatchMode=yes", "-F", place.ssh_config(), "front",
                              "curl --silent --max-time 5 http://127.0.0.1:8404/status.json"},
                     .timeout = std::chrono::seconds(10)});
  if (!status.ok()) return std::nullopt;
  const auto json = nlohmann::json::parse(*status, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("totals")) return std::nullopt;
  return json["totals"].value("resumes", std::uint64_t{0});
}

struct Seen {
  drill::VisitorReport requests;
  drill::DownloadsReport downloads;
  std::optional<std::uint64_t> resumed;

  bool well() const {
    return requests.failures() == 0 && downloads.failures() == 0 && downloads.others == 0;
  }
};

std::string why(const drill::Failures& failed) {
  std::string text;
  for (const auto& [what, times] : failed)
    text += fmt::format("{}{} × {}", text.empty() ? " (" : ", ", times, what);
  return text.empty() ? "" : text + ")";
}

double in_milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

void print(const DrillFlags& flags, const Seen& seen) {
  if (flags.seed) fmt::print("seed       {}\n", *flags.seed);
  const drill::VisitorReport& requests = seen.requests;
  if (flags.load > 0)
    fmt::print("requests   {}, {} failed{}; median {:.1f} ms, p99 {:.1f} ms, longest {:.0f} ms\n",
               requests.requests, requests.failures(), why(requests.failed),
               in_milliseconds(requests.percentile(50)), in_milliseconds(requests.percentile(99)),
               in_milliseconds(requests.percentile(100)));
  if (flags.downloads == 0) return;
  const drill::DownloadsReport& downloads = seen.downloads;
  fmt::print("downloads  {}, {} failed{}, {} with other bytes; {}, longest silence {:.0f} ms{}\n",
             downloads.downloads, downloads.failures(), why(downloads.failed), downloads.others,
             human_bytes(downloads.bytes), in_milliseconds(downloads.longest_silence),
             seen.resumed ? fmt::format(", {} resumed elsewhere", *seen.resumed) : "");
}

void print_json(const DrillFlags& flags, const Seen& seen) {
  const drill::VisitorReport& requests = seen.requests;
  nlohmann::json all = {
      {"fault", flags.fault},
      {"hosts", flags.hosts},
      {"times", flags.times},
      {"seconds", flags.seconds},
      {"requests",
       {{"all", requests.requests},
        {"failed", requests.failures()},
        {"median_ms", in_milliseconds(requests.percentile(50))},
        {"p99_ms", in_milliseconds(requests.percentile(99))},
        {"longest_ms", in_milliseconds(requests.percentile(100))}}},
      {"downloads",
       {{"all", seen.downloads.downloads},
        {"failed", seen.downloads.failures()},
        {"other_bytes", seen.downloads.others},
        {"bytes", seen.downloads.bytes},
        {"longest_silence_ms", in_milliseconds(seen.downloads.longest_silence)}}}};
  if (flags.seed) all["seed"] = *flags.seed;
  if (seen.resumed) all["downloads"]["resumed"] = *seen.resumed;
  (void)std::puts(all.dump(2).c_str());
}

using Hosts = std::vector<const LabHost*>;

// The last fault is mended by the caller, when the visitors have left. A host that takes its time
// to boot makes all of it longer, and no pause shorter. `broken` is what is not mended yet.
Result<void> break_in_turn(const DrillFlags& flags, const Place& place, const Hosts& hosts,
                           const LabHost*& broken) {
  const milliseconds time{std::chrono::seconds(flags.seconds)};
  if (hosts.empty()) return pause_for(time), Result<void>();
  const std::vector<drill::Fault> faults = drill::schedule_of(
      {.time = time, .times = flags.times, .hosts = hosts.size(), .seed = flags.seed});
  for (const drill::Fault& fault : faults) {
    pause_for(fault.well);
    if (interrupted()) return {};
    const LabHost& host = *hosts[fault.host];
    const bool last = &fault == &faults.back();
    broken = &host;
    TRY(break_it(flags, place, host));
    pause_for(last ? fault.broken + fault.mended : fault.broken);
    if (interrupted() || last) return {};
    TRY(mend_it(flags, place, host));
    broken = nullptr;
    pause_for(fault.mended);
  }
  return {};
}

// Downloads that are under way at the end are waited for, and then the last fault is mended.
Result<Seen> drill_it(const DrillFlags& flags, const Place& place, const Hosts& hosts) {
  const Address door = TRY(door_of(flags, place));
  std::unique_ptr<drill::Downloads> downloads;
  if (flags.downloads > 0)
    downloads =
        TRY(drill::Downloads::begin({.address = door,
                                     .host = host_of(flags),
                                     .path = flags.file,
                                     .visitors = flags.downloads,
                                     .bytes_a_second = std::uint64_t{flags.rate} * 1'000'000}));
  const auto resumed_before = resumes(flags, place);
  std::unique_ptr<drill::Visitors> visitors;
  if (flags.load > 0)
    visitors = std::make_unique<drill::Visitors>(
        drill::VisitorOptions{.address = door,
                              .host = host_of(flags),
                              .path = flags.path,
                              .rate = flags.load,
                              .connections = static_cast<int>(std::clamp(flags.load, 1U, 50U))});
  const LabHost* broken = nullptr;
  const Result<void> done = break_in_turn(flags, place, hosts, broken);
  Seen seen;
  if (visitors) seen.requests = visitors->stop();
  if (downloads) seen.downloads = downloads->stop();
  if (interrupted() && broken != nullptr)
    return failure(fmt::format("interrupted; to have {} back: {}", broken->name,
                               place.command(mending(flags) + broken->name)));
  if (broken != nullptr) TRY(mend_it(flags, place, *broken));
  TRY(done);
  const auto resumed_after = resumes(flags, place);
  if (resumed_before && resumed_after && *resumed_after >= *resumed_before)
    seen.resumed = *resumed_after - *resumed_before;
  return seen;
}

// Those that are named. Error: there is none such, or none though something is to break.
Result<Hosts> hosts_of(const DrillFlags& flags) {
  Hosts hosts;
  for (const std::string& name : flags.hosts) {
    hosts.push_back(lab::find_host(name));
    if (hosts.back() == nullptr) return no_such_host(name);
  }
  if (hosts.empty() && !flags.fault.empty()) return no_such_host("");
  return hosts;
}

int run_drill(DrillFlags flags) {
  const auto place = Place::of(flags.lab);
  if (!place.ok()) return tell(place.error()), kBadUsage;
  if (flags.times == 0) flags.times = std::max(1U, static_cast<unsigned>(flags.hosts.size()));
  const Result<Hosts> hosts = hosts_of(flags);
  if (!hosts.ok()) return tell(hosts.error()), kBadUsage;
  if (!hosts->empty() && !flags.url.empty())
    return tell(failure("only the lab's hosts can be broken: leave --url out")), kBadUsage;
  if (flags.url.starts_with("https://"))
    return tell(failure("drill knows no TLS: give --url http://HOST:PORT/")), kBadUsage;
  if (flags.downloads > 0 && flags.file.empty())
    return tell(failure("--downloads needs --file: what to download")), kBadUsage;
  if (flags.times > flags.seconds / 2)
    return tell(failure("each fault needs 2 s: give --for more, or --times less")), kBadUsage;
  if (flags.load == 0 && flags.downloads == 0)
    return tell(failure("no visitors: give --load or --downloads")), kBadUsage;
  catch_interrupts();
  (void)raise_descriptor_limit();
  ignore_broken_pipes();
  const Result<Seen> seen = drill_it(flags, *place, *hosts);
  if (!seen.ok()) return tell(seen.error());
  flags.json ? print_json(flags, *seen) : print(flags, *seen);
  return seen->well() ? kDone : kFailed;
}

}  // namespace

void add_drill(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("drill", "Break a host of the lab under load; tell what visitors saw");
  command->footer(
      "A quarter of the time all is well; then the fault; it is mended when the visitors have "
      "left,\nand their downloads are over. Several faults share the time, and but for the last "
      "are\n"
      "mended after half of theirs. With --seed each comes at a random moment of the first half\n"
      "of its share.\nExit status 0: no visitor saw anything but a pause.\n"
      "Examples:\n"
      "  bramble drill power-cut cluster02 --load 1000\n"
      "  bramble drill cut cluster03 --load 50 --downloads 3 --file /film.bin\n"
      "  bramble drill hang cluster01 cluster02 cluster03 --times 60 --for 600 --seed 1\n"
      "  bramble drill --url http://192.0.2.1/ --load 200");
  const auto flags = std::make_shared<DrillFlags>();
  command->add_option("FAULT", flags->fault, "power-cut, cut (its cable), or hang")
      ->check(CLI::IsMember({"power-cut", "cut", "hang"}));
  command->add_option("HOST", flags->hosts, "Of the lab; several: in turn");
  command->add_option("--load", flags->load, "Requests a second; 0: none (50)")
      ->type_name("N")
      ->check(CLI::Range(0, 100'000));
  command
      ->add_option("--path", flags->path,
                   "What they ask for (/); {n} in it is a running number: files that nobody keeps")
      ->type_name("PATH");
  command->add_option("--downloads", flags->downloads, "Visitors who download --file meanwhile (0)")
      ->type_name("N")
      ->check(CLI::Range(0, 1000));
  command->add_option("--file", flags->file, "What they download")->type_name("PATH");
  command
      ->add_option("--rate", flags->rate,
                   "Of each download, megabytes a second; 0: as fast as they come (0)")
      ->type_name("MB")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--for", flags->seconds, "How long (20)")
      ->type_name("SECONDS")
      ->check(CLI::Range(4, 86'400));
  command
      ->add_option("--times", flags->times,
                   "How often it breaks meanwhile (once for each HOST); it is mended in between")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  command
      ->add_option("--seed", flags->seed,
                   "Break them at random moments, and any HOST: the same for the same N")
      ->type_name("N");
  command->add_option("--name", flags->lab, "Which lab")->type_name("LAB");
  command->add_option("--url", flags->url, "Another site than the lab's: then nothing is broken")
      ->type_name("http://HOST:PORT/");
  command->add_flag("--json", flags->json, "Print JSON");
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_drill(*flags); }; });
}

}  // namespace bramble::cli
