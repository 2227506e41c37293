// SPDX-License-Identifier: Apache-2.0
// The main job from end to end, on this machine: boots a lab, makes it a cluster, publishes a site
// from one node's side, and proves in plain words what it then does.
//
//     lab up ─► bramble up --yes ─► publish ─► page ─► spread ─► off-site copy ─► status ─► what
//     next
//
// May be run again at any time: what is there already is left as it is.
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.hh"
#include "base/interrupt.hh"
#include "base/process.hh"
#include "base/terminal.hh"
#include "base/text.hh"
#include "demo/sample_site.hh"

namespace bramble::demo {
namespace {

using namespace std::chrono_literals;

constexpr int kRequests = 300;
constexpr const char* kPublisher = "cluster02";
constexpr const char* kOffsite = "cluster04";
constexpr const char* kVolumeFolder = "/srv/web";
constexpr auto kSiteWait = 60s;
constexpr auto kOffsiteWait = 180s;

std::string program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bramble";
}

void headline(std::string_view text) {
  fmt::print("\n{}\n", paint(text, Colour::kBold, colour_wanted(STDOUT_FILENO)));
  (void)std::fflush(stdout);
}

void say(std::string_view text) {
  fmt::print("  {}\n", text);
  (void)std::fflush(stdout);
}

// Runs bramble before the user's eyes: its own words, its own progress.
Result<void> show(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  const std::string line = shell_quote(arguments);
  fmt::print("$ bramble{}\n", line.substr(shell_quote(program()).size()));
  (void)std::fflush(stdout);
  const Outcome outcome =
      TRY(run({.argv = {"sh", "-c", line + " 2>&1"}, .on_output = [](std::string_view piece) {
                 (void)std::fwrite(piece.data(), 1, piece.size(), stdout);
                 (void)std::fflush(stdout);
               }}));
  if (!outcome.ok()) return failure(fmt::format("{}: exit status {}", line, outcome.status));
  return {};
}

// What `bramble lab status --json` tells of the lab.
struct Lab {
  std::string site;
  std::string ssh_config;
  std::string cluster_file;

  Result<std::string> on(const std::string& host, const std::string& command) const {
    return run_ok({"ssh", "-F", ssh_config, host, command});
  }
};

Result<Lab> find_lab() {
  const std::string text = TRY(run_ok({program(), "lab", "status", "--json"}));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("urls"))
    return failure("bramble lab status --json: not what was expected: " + text);
  return Lab{.site = json["urls"].value("site", ""),
             .ssh_config = json.value("ssh_config", ""),
             .cluster_file = json.value("cluster_file", "")};
}

Result<void> publish(const Lab& lab) {
  std::string folder = "/tmp/bramble-site-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return errno_error("mkdtemp " + folder);
  Result<void> done = write_sample_site(folder);
  if (done.ok()) {
    const std::string pack = fmt::format("cd {} && tar -cf - *", shell_quote(folder));
    const std::string unpack = shell_quote(
        {"ssh", "-F", lab.ssh_config, kPublisher, fmt::format("tar -C {} -xf -", kVolumeFolder)});
    const Result<std::string> sent = run_ok({"sh", "-c", pack + " | " + unpack});
    if (!sent.ok()) done = sent.error();
  }
  std::filesystem::remove_all(folder);
  return done;
}

// The fields and the body of one answer, as curl tells them.
Result<std::string> get(const Lab& lab, const std::string& path) {
  return run_ok(
      {"curl", "--silent", "--show-error", "--fail", "--max-time", "10", lab.site + path});
}

Result<void> show_the_page(const Lab& lab) {
  const Monotonic deadline = SystemClock().now() + kSiteWait;
  for (;;) {
    const Result<std::string> page = get(lab, "");
    if (page.ok() && page->find("<h1>It grows</h1>") != std::string::npos) break;
    if (SystemClock().now() > deadline)
      return failure("the page did not appear at " + lab.site +
                     (page.ok() ? "" : ": " + page.error().what));
    std::this_thread::sleep_for(200ms);
  }
  say("The page is there, through the balancer: " + lab.site);
  return {};
}

Result<void> show_the_spread(const Lab& lab) {
  const std::string answers = TRY(
      run_ok({"curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", "--write-out",
              "%header{x-served-by}\n", lab.site + fmt::format("style.css?[1-{}]", kRequests)}));
  std::map<std::string, int> counts;
  for (const std::string_view name : lines(answers)) ++counts[std::string(name)];
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", name, count));
  say(fmt::format("Of {} requests: {}", kRequests, join(parts, ", ")));
  if (counts.size() != 3) return failure("not all three nodes answered");
  return {};
}

Result<std::string> checksum(const Lab& lab, const std::string& host, const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, kLargeFile);
  const std::string words_of_it =
      TRY(lab.on(host, "sudo sha256sum " + path + " 2>/dev/null || true"));
  return words_of_it.substr(0, words_of_it.find(' '));
}

Result<void> show_the_copy(const Lab& lab, Monotonic published) {
  const std::string original = TRY(checksum(lab, kPublisher, kVolumeFolder));
  while (TRY(checksum(lab, kOffsite, "/srv/brick/web")) != original || original.empty()) {
    if (SystemClock().now() - published > kOffsiteWait)
      return failure(fmt::format("{} did not reach {} within {}", kLargeFile, kOffsite,
                                 human_duration(kOffsiteWait)));
    std::this_thread::sleep_for(500ms);
  }
  say(fmt::format("{} ({}) lies off-site, too, byte for byte: {} after it was published",
                  kLargeFile, human_bytes(kLargeFileBytes),
                  human_duration(SystemClock().now() - published)));
  return {};
}

void tell_how_to_go_on(const Lab& lab) {
  headline("It is yours");
  say("Open   " + lab.site);
  say("Then   sudo " + program() + " lab power-cut cluster02     and reload the page");
  say("       sudo " + program() + " lab power-on cluster02");
  say("       sudo " + program() + " status -f " + lab.cluster_file);
  say("       sudo ssh -F " + lab.ssh_config + " cluster01");
  say("Clean  sudo " + program() + " lab down");
}

Result<void> demonstrate() {
  headline("Six machines boot");
  TRY(show({"lab", "up"}));
  const Lab lab = TRY(find_lab());
  headline("One file, one command");
  TRY(show({"up", "--yes", "-f", lab.cluster_file}));
  headline("A site is published");
  TRY(publish(lab));
  const Monotonic published = SystemClock().now();
  say(fmt::format("Pages, pictures and a file of {} were copied to {}:{}",
                  human_bytes(kLargeFileBytes), kPublisher, kVolumeFolder));
  TRY(show_the_page(lab));
  TRY(show_the_spread(lab));
  TRY(show_the_copy(lab, published));
  headline("How it stands");
  TRY(show({"status", "-f", lab.cluster_file}));
  tell_how_to_go_on(lab);
  return {};
}

int main() {
  catch_interrupts();
  const Result<void> done = demonstrate();
  if (done.ok()) return 0;
  (void)std::fprintf(stderr, "demo: %s\n", done.error().what.c_str());
  return 1;
}

}  // namespace
}  // namespace bramble::demo

int main() { return bramble::demo::main(); }
