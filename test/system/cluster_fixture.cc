// SPDX-License-Identifier: Apache-2.0
#include "system/cluster_fixture.hh"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <set>
#include <thread>

#include "base/text.hh"

namespace bramble::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kVolumeFolder = "/srv/web/";
constexpr const char* kOffsiteBrick = "/srv/brick/web/";

}  // namespace

std::string count_of_changes(const Outcome& up) {
  for (const std::string_view line : lines(up.out))
    if (line.find(" change") != std::string_view::npos) return std::string(line);
  return "no line tells of changes:\n" + up.out + up.err;
}

Outcome ClusterTest::bramble(std::vector<std::string> words) {
  return bramble(std::move(words), lab().cluster_file());
}

Outcome ClusterTest::bramble(std::vector<std::string> words, const std::string& cluster_file) {
  words.insert(words.end(), {"-f", cluster_file});
  return bramble_alone(std::move(words));
}

Outcome ClusterTest::bramble_alone(std::vector<std::string> words) {
  words.insert(words.begin(), program());
  Result<Outcome> outcome = run(Command{.argv = std::move(words), .timeout = 600s});
  if (!outcome.ok()) return Outcome{.status = -1, .out = "", .err = outcome.error().what};
  return std::move(*outcome);
}

bool ClusterTest::up_killed_after(const std::string& host, const std::string& step,
                                  std::chrono::milliseconds later) {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const std::string file = lab().cluster_file();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::execl(program(), program(), "up", "--yes", "-f", file.c_str(), nullptr);
    ::_exit(127);
  }
  ::setpgid(pid, pid);
  ::close(ends[1]);
  std::string told;
  bool reached = false;
  std::array<char, 4096> piece;
  for (ssize_t got; !reached && (got = ::read(ends[0], piece.data(), piece.size())) > 0;) {
    told.append(piece.data(), static_cast<std::size_t>(got));
    for (const std::string_view line : lines(told))  // "cluster01  packages  changed  12.1 s  …"
      reached = reached || (line.starts_with(host + "  ") &&
                            line.find("  " + step + "  ") != std::string_view::npos);
  }
  std::this_thread::sleep_for(later);
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  ::close(ends[0]);
  EXPECT_TRUE(reached) << "never got through " << step << ":\n" << told;
  return reached;
}

Answer ClusterTest::get(const std::string& path) {
  static const std::string site = lab().url("site");
  const Result<Outcome> outcome =
      run({.argv = {"curl", "--silent", "--max-time", "5", "--write-out",
                    "\n%{http_code} %header{x-served-by}", site + path}});
  if (!outcome.ok() || !outcome->ok()) return {};
  const std::size_t end = outcome->out.rfind('\n');
  const auto word = words(std::string_view(outcome->out).substr(end));
  Answer answer{.status = 0, .served_by = "", .body = outcome->out.substr(0, end)};
  if (!word.empty()) answer.status = static_cast<int>(parse_number(word[0]).value_or(0));
  if (word.size() > 1) answer.served_by = word[1];
  return answer;
}

bool ClusterTest::serves(const std::string& path, const std::string& body) {
  return eventually(
      [&] {
        const Answer answer = get(path);
        return answer.status == 200 && answer.body == body;
      },
      kPatience);
}

bool ClusterTest::serves_from_all_nodes() {
  return eventually(
      [&] {
        std::set<std::string> who;
        for (int i = 0; i < 30; ++i) {
          const Answer answer = get("is-not-there");  // which the volume had to be asked for
          if (answer.status == 404) who.insert(answer.served_by);
        }
        return who == std::set<std::string>(kNodes.begin(), kNodes.end());
      },
      kPatience);
}

void ClusterTest::publish(const std::string& host, const std::string& path,
                          const std::string& content) {
  lab().ssh_ok(host, fmt::format("printf %s {} | sudo tee {} >/dev/null", shell_quote(content),
                                 shell_quote(kVolumeFolder + path)));
}

bool ClusterTest::lies_offsite(const std::string& path, const std::string& content) {
  return eventually(
      [&] {
        return lab().ssh("cluster04", "sudo cat " + shell_quote(kOffsiteBrick + path)).out ==
               content;
      },
      kPatience);
}

bool ClusterTest::is_healed() {
  return eventually(
      [&] {
        return bramble({"status"}).out.find("3 of 3 bricks online, 0 files to heal") !=
               std::string::npos;
      },
      kPatience);
}

std::size_t ClusterTest::versions_of(std::string_view file) {
  std::set<std::string> tags;
  for (const std::string& node : kNodes) {
    const Outcome tag =
        lab().ssh(node, fmt::format("curl -sI http://127.0.0.1/{} | grep -i ^etag", file));
    if (tag.status != 0) return 0;
    tags.insert(tag.out);
  }
  return tags.size();
}

std::string ClusterTest::offsite_story() {
  std::string story = bramble({"status"}).out;
  for (const std::string& node : kNodes)
    story += "\n" + node + ":\n" +
             lab()
                 .ssh(node,
                      "sudo sh -c 'tail -n 25 /var/log/glusterfs/geo-replication/*/gsyncd.log; "
                      "journalctl -u bramble-vitals -n 25 -o short-iso --no-pager'")
                 .out;
  return story;
}

std::string ClusterTest::story_of(const std::string& host, const std::string& service) {
  return host + ":\n" +
         lab()
             .ssh(host, fmt::format("sudo journalctl -u bramble-{} -o short-precise --no-pager "
                                    "--since -120s | grep -v ' end=ok ' | tail -n 60",
                                    service))
             .out;
}

void ClusterTest::cut_and_restore_all() {
  const auto on_all = [](const std::function<void(const std::string&)>& act) {
    std::vector<std::thread> hands;
    for (const char* host : {"cluster01", "cluster02", "cluster03", "cluster04", "front"})
      hands.emplace_back(act, host);
    for (std::thread& hand : hands) hand.join();
  };
  on_all([this](const std::string& host) { lab().power_cut(host); });
  on_all([this](const std::string& host) { lab().power_on(host); });
}

bool ClusterTest::has_nothing_to_do() {
  return eventually([&] { return bramble({"plan"}).out.ends_with("\n0 changes\n"); }, kPatience);
}

bool ClusterTest::has_room_in_the_tunnel(const std::string& host) {
  return eventually(
      [&] {
        return lab()
                   .ssh(host, "! pgrep -x wireguard-go >/dev/null || ss -Huanm | grep -q rb8388608")
                   .status == 0;
      },
      kPatience);
}

bool ClusterTest::hears_in_the_tunnel(const std::string& node) {
  return eventually(
      [&] {
        const std::string told =
            lab().ssh_ok(node, "sudo journalctl --no-pager -b -o cat -u bramble-vitals");
        const auto count = [&](std::string_view piece) {
          int times = 0;
          for (const std::string_view line : lines(told))
            times += line.find(piece) != std::string_view::npos ? 1 : 0;
          return times;
        };
        return count("is silent in the tunnel") == count("answers in the tunnel again");
      },
      kPatience);
}

std::vector<std::string> ClusterTest::connects(const std::string& from,
                                               const std::vector<std::string>& to) {
  const std::string told = lab().ssh_ok(
      from, fmt::format("for to in {}; do (timeout 3 bash -c \": </dev/tcp/$to\" 2>/dev/null && "
                        "echo $to) & done; wait",
                        join(to, " ")));
  std::vector<std::string> open;
  for (const std::string_view line : lines(told)) open.emplace_back(line);
  return open;
}

}  // namespace bramble::test
