// SPDX-License-Identifier: Apache-2.0
#include "cli/drill_flags.hh"

#include <limits>
#include <string_view>

#include "base/text.hh"
#include "cli/drill_faults.hh"
#include "cli/path_flag.hh"
#include "cli/whole_number.hh"
#include "lab/topology.hh"

namespace bramble::cli {
namespace {

constexpr const char* kFooter =
    R"(A quarter of the time all is well; then the fault; it is mended when the visitors have left,
and their downloads are over. Several faults share the time, and but for the last are
mended after half of theirs. With --seed each comes at a random moment of the first half
of its share.
With --aim each download loses the HOST that serves it, at a random byte of it, or before when
the same one breaks for another. Only one is broken at a time, and the next when all is well
again: a download that is over by then counts as not hit.
Exit status 0: no visitor saw anything but a pause.
Examples:
  bramble drill power-cut cluster02 --load 1000
  bramble drill cut cluster03 --load 50 --downloads 3 --file /film.bin
  bramble drill kill cluster01 cluster02 cluster03 --aim --downloads 4 --file /film.bin \
    --count 1000 --seed 1
  bramble drill hang cluster01 cluster02 cluster03 --times 60 --for 600 --seed 1
  bramble drill --url http://192.0.2.1/ --load 200)";

void add_visitors(CLI::App& command, DrillFlags& flags) {
  command.add_option("--load", flags.load, "Requests a second; 0: none (50)")
      ->type_name("N")
      ->check(whole_number(0, 100'000));
  command
      .add_option("--path", flags.path,
                  "What they ask for (/); {n} in it is a running number: files that nobody keeps")
      ->type_name("PATH")
      ->check(CLI::Validator(fault_of_path, ""));
  command.add_option("--downloads", flags.downloads, "Visitors who download --file meanwhile (0)")
      ->type_name("N")
      ->check(whole_number(0, 1000));
  command.add_option("--file", flags.file, "What they download")
      ->type_name("PATH")
      ->check(CLI::Validator(fault_of_path, ""));
  command
      .add_option("--rate", flags.rate,
                  "Of each download, megabytes a second; 0: as fast as they come (0)")
      ->type_name("MB")
      ->check(whole_number(0, 100'000));
}

// When it breaks, and for how long it all goes.
void add_course(CLI::App& command, DrillFlags& flags, CLI::Option* fault) {
  command
      .add_option("--count", flags.count,
                  "Until so many downloads are over, instead of --for; with --aim, so many hit")
      ->type_name("N")
      ->check(whole_number(1, 1'000'000));
  command.add_option("--for", flags.seconds, "How long (20)")
      ->type_name("SECONDS")
      ->check(whole_number(4, 86'400));
  command
      .add_option("--times", flags.times,
                  "How often it breaks meanwhile (once for each HOST); it is mended in between")
      ->type_name("N")
      ->check(whole_number(1, 10'000))
      ->needs(fault);
  command
      .add_flag("--aim", flags.aim,
                "Break the HOST that serves a download, at a random byte of each")
      ->excludes("--times");
  command
      .add_option("--seed", flags.seed,
                  "Break them at random moments, and any HOST; with --aim, at these bytes: the "
                  "same for the same N")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
}

void add_site(CLI::App& command, DrillFlags& flags) {
  command.add_option("--name", flags.lab, "Which lab")->type_name("LAB");
  command.add_option("--url", flags.url, "Another site than the lab's: then nothing is broken")
      ->type_name("http://HOST:PORT/");
  command
      .add_option("--host", flags.host, "Of which site (the URL's; of the lab the one for \"*\")")
      ->type_name("NAME");
}

}  // namespace

std::string door_in(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view where = url;
  if (to_lower(where.substr(0, kScheme.size())) == kScheme) where.remove_prefix(kScheme.size());
  if (where.ends_with('/')) where.remove_suffix(1);
  return std::string(where);
}

void describe_drill(CLI::App& command, DrillFlags& flags) {
  command.footer(kFooter);
  CLI::Option* const fault =
      command
          .add_option("FAULT", flags.fault,
                      "power-cut, cut (its cable), hang, or kill (its web server, -9)")
          ->check(CLI::IsMember(drill_fault_names()));
  command.add_option("HOST", flags.hosts, "Of the lab; several: in turn");
  add_visitors(command, flags);
  add_course(command, flags, fault);
  add_site(command, flags);
  command.add_flag("--json", flags.json, "Print JSON");
}

std::string contradiction(const DrillFlags& flags) {
  if (!flags.fault.empty() && !flags.url.empty())
    return "only the lab's hosts can be broken: leave --url out";
  if (to_lower(flags.url).starts_with("https://"))
    return "drill knows no TLS: give --url http://HOST:PORT/";
  if (const std::string where = door_in(flags.url); !flags.url.empty() && where.empty())
    return "--url names no server: give it as http://HOST:PORT/";
  else if (where.find_first_of("/?#@ ") != where.npos)
    return "--url names a server alone, http://HOST:PORT/: what is behind it goes to --path";
  if (flags.downloads > 0 && flags.file.empty())
    return "--downloads needs --file: what to download";
  if (flags.downloads == 0 && !flags.file.empty()) return "--file needs --downloads: how many";
  if (flags.downloads == 0 && flags.rate > 0) return "--rate needs --downloads: how many";
  if (flags.fault == "kill")
    for (const std::string& name : flags.hosts)
      if (name == lab::kBalancerHost || name == lab::kClientHost)
        return fmt::format("{} runs no web server that could be killed", name);
  if (flags.load == 0 && flags.downloads == 0) return "no visitors: give --load or --downloads";
  if (flags.aim && (flags.hosts.empty() || flags.downloads == 0))
    return "--aim needs a FAULT, the HOSTs that may break, and --downloads";
  if (flags.count > 0 && flags.downloads == 0) return "--count needs --downloads";
  if (flags.count > 0 && !flags.hosts.empty() && !flags.aim)
    return "--count goes with --aim, or without a fault: otherwise faults share the time, --for";
  if (!flags.aim && flags.times > flags.seconds / 2)
    return "each fault needs 2 s: give --for more, or --times less";
  return "";
}

}  // namespace bramble::cli
