// SPDX-License-Identifier: Apache-2.0
// bramble serve …: the web server of a node.
#include "node/serve.hh"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/host_name.hh"
#include "base/log.hh"
#include "cli/commands.hh"
#include "cli/site_flags.hh"
#include "cli/whole_number.hh"
#include "net/threads.hh"
#include "volume/folder_volume.hh"
#include "volume/gluster_volume.hh"

namespace bramble::cli {
namespace {

constexpr const char* kExample = R"(Examples:
  bramble serve ~/site                                    a folder, on http://localhost:8080
  bramble serve ~/site --listen 0.0.0.0:80 --name web1
  bramble serve ~/app --spa /index.html --cache '/assets/**=max-age=31536000, immutable'
  bramble serve ~/sites -f sites.toml                     several sites, by [[site]] tables
  bramble serve --volume localhost:web/site --listen :80  a folder of a GlusterFS volume)";

constexpr std::uint64_t kKibibyte = 1024;
constexpr std::uint64_t kMebibyte = 1024 * kKibibyte;

// Of this machine.
std::uint64_t memory_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(bytes)
             : 512 * kMebibyte;
}

struct ServeFlags {
  std::string folder;
  std::string volume;
  std::vector<std::string> listen = {"0.0.0.0:8080"};
  std::string name;
  std::size_t threads = core_count();
  std::string vitals = "/run/bramble/vitals.json";
  double head_seconds = 10, idle_seconds = 60, send_seconds = 30, drain_seconds = 10;
  double answer_seconds = 0.95;
  std::size_t connections_max = 10'000;
  SiteFlags site;
  std::uint64_t cache_mebibytes = memory_bytes() / 8 / kMebibyte;  // 0: no cache
  std::uint64_t cache_file_kibibytes = 32;
  std::uint64_t cache_disk_mebibytes = 1024;
  std::string cache_folder = "/var/tmp";
  std::vector<std::string> admin;
  std::string access_log = "off";
  std::string log_format = "combined";
};

std::chrono::milliseconds duration_of(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// It goes into a header field as it is.
std::string fault_of_name(const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127; });
  return plain && !name.empty() ? "" : "must be of printable ASCII without blanks";
}

// "nan" lies in any range.
std::string fault_of_seconds(const std::string& seconds) {
  return std::isnan(std::strtod(seconds.c_str(), nullptr)) ? "a number is needed" : "";
}

Result<std::unique_ptr<Volume>> open_volume(const ServeFlags& flags) {
  if (flags.volume.empty())
    return std::unique_ptr<Volume>(TRY(
        FolderVolume::create(flags.folder, {.memory_bytes = flags.cache_mebibytes * kMebibyte})));
  const GlusterAddress address = TRY(parse_gluster_address(flags.volume));
  GlusterVolume::Options options;
  if (flags.cache_mebibytes > 0)
    options.cache = {.memory_bytes = flags.cache_mebibytes * kMebibyte,
                     .file_bytes_max = flags.cache_file_kibibytes * kKibibyte,
                     .copy_bytes = flags.cache_disk_mebibytes * kMebibyte,
                     .copy_folder = flags.cache_folder};
  return std::unique_ptr<Volume>(TRY(GlusterVolume::create(address, std::move(options))));
}

Result<ServeOptions> options_of(const ServeFlags& flags) {
  ServeOptions options;
  for (const std::string& text : flags.listen) options.listen.push_back(TRY(parse_address(text)));
  options.sites = TRY(sites_of(flags.site));
  for (const std::string& text : flags.admin) options.admin.push_back(TRY(parse_address(text)));
  options.access_log = flags.access_log == "off" ? "" : flags.access_log;
  options.log_format = *http::parse_log_format(flags.log_format);
  options.name = flags.name.empty() ? host_name() : flags.name;
  options.threads = flags.threads;
  options.vitals_path = flags.vitals;
  options.http.head_timeout = duration_of(flags.head_seconds);
  options.http.idle_timeout = duration_of(flags.idle_seconds);
  if (!flags.volume.empty()) options.http.answer_timeout = duration_of(flags.answer_seconds);
  options.http.send_timeout = duration_of(flags.send_seconds);
  options.http.connections_max = std::max<std::size_t>(
      flags.connections_max / (flags.threads * std::max<std::size_t>(flags.listen.size(), 1)), 1);
  options.drain_limit = duration_of(flags.drain_seconds);
  const std::string what = flags.volume.empty() ? flags.folder : flags.volume;
  options.on_listening = [what](const std::vector<Address>& addresses) {
    for (const Address& address : addresses)
      log::info("serving {} on http://{}", what, address.text());
  };
  return options;
}

int run(const ServeFlags& flags) {
  const Result<ServeOptions> options = options_of(flags);
  if (!options.ok()) return tell(options.error()), kBadUsage;
  if (!flags.volume.empty())
    if (const auto address = parse_gluster_address(flags.volume); !address.ok())
      return tell(address.error()), kBadUsage;
  const Result<std::unique_ptr<Volume>> volume = open_volume(flags);
  if (!volume.ok()) return tell(volume.error()), flags.volume.empty() ? kBadUsage : kFailed;
  const Result<void> served = serve(**volume, *options);
  if (!served.ok()) return tell(served.error());
  // To end the connection to a GlusterFS volume may take seconds, and nothing is to be saved.
  if ((*volume)->blocks()) ::_exit(kDone);
  return kDone;
}

void add_server_flags(CLI::App& serve, ServeFlags& flags) {
  serve.add_option("--listen", flags.listen, "ADDR:PORT, may be given more than once; port 0: any")
      ->allow_extra_args(false)
      ->capture_default_str();
  serve.add_option("--name", flags.name, "for X-Served-By and the health document [host name]")
      ->check(fault_of_name);
  serve.add_option("--threads", flags.threads, "loops, each on a thread of its own [cores]")
      ->check(whole_number(1, 256));
  serve.add_option("--vitals", flags.vitals, "a JSON file that the health document contains")
      ->capture_default_str();
  serve.add_option("--admin", flags.admin, "ADDR:PORT for /metrics, may be given more than once")
      ->allow_extra_args(false);
  serve
      .add_option("--access-log", flags.access_log,
                  "a line a request to this FILE, to standard output (-), to syslog, or off")
      ->type_name("FILE|-|syslog|off")
      ->capture_default_str();
  serve.add_option("--log-format", flags.log_format, "combined, or an object of JSON a line")
      ->check(CLI::IsMember({"combined", "json"}))
      ->capture_default_str();
  serve.add_option("--connections-max", flags.connections_max, "more wait at the door")
      ->check(whole_number(1, 10'000'000))
      ->capture_default_str();
}

void add_cache_flags(CLI::App& serve, ServeFlags& flags, CLI::Option* volume) {
  const auto size = [&](const char* name, std::uint64_t& value, const char* help) {
    return serve.add_option(name, value, help)->check(whole_number(0, 1 << 30));
  };
  size("--cache-memory", flags.cache_mebibytes,
       "MiB for small files and, of a volume, names; 0: no cache [an eighth of the memory]");
  size("--cache-file-max", flags.cache_file_kibibytes, "KiB: larger files are kept on disk [32]")
      ->needs(volume);
  size("--cache-disk", flags.cache_disk_mebibytes, "MiB for larger files; 0: none [1024]")
      ->needs(volume);
  serve.add_option("--cache-folder", flags.cache_folder, "where those lie, without a name")
      ->needs(volume)
      ->capture_default_str();
}

void add_time_flags(CLI::App& serve, ServeFlags& flags) {
  const auto seconds = [&](const char* name, double& value, const char* help) {
    serve.add_option(name, value, help)
        ->check(CLI::Range(0.01, 86'400.0))
        ->check(CLI::Validator(fault_of_seconds, ""))
        ->capture_default_str();
  };
  seconds("--head-timeout", flags.head_seconds, "seconds for a request's head to come whole");
  seconds("--idle-timeout", flags.idle_seconds, "seconds between two requests of a connection");
  seconds("--answer-timeout", flags.answer_seconds,
          "seconds for a volume to begin to answer: then what is kept, else 503");
  seconds("--send-timeout", flags.send_seconds, "seconds without a byte taken by the visitor");
  seconds("--drain-limit", flags.drain_seconds, "seconds for what is under way after SIGTERM");
}

}  // namespace

void add_serve(CLI::App& app, Invocation& invocation) {
  const auto flags = std::make_shared<ServeFlags>();
  CLI::App* serve = app.add_subcommand("serve", "The web server of a node: a folder, or a volume");
  serve->footer(kExample);
  CLI::Option* folder = serve->add_option("DIR", flags->folder, "the folder to serve");
  CLI::Option* volume = serve->add_option("--volume", flags->volume,
                                          "a GlusterFS volume instead: HOST:VOLUME[/PATH]");
  folder->excludes(volume);
  add_server_flags(*serve, *flags);
  add_cache_flags(*serve, *flags, volume);
  add_time_flags(*serve, *flags);
  add_site_flags(*serve, flags->site);
  serve->callback([flags, folder, volume, &invocation] {
    if (folder->count() + volume->count() == 0)
      throw CLI::RequiredError("DIR or --volume HOST:VOLUME[/PATH]");
    invocation.run = [flags] { return run(*flags); };
  });
}

}  // namespace bramble::cli
