// SPDX-License-Identifier: Apache-2.0
// bench_resume: downloads whose server is killed, or stops, at a random byte of each, through
// `bramble balance --resume` before three servers of one folder; `bramble serve`, and nginx.
//
//     bench_resume [DOWNLOADS [REPLACED [SEED]]]     1000, 200, 1
//
// REPLACED more have their file replaced as well: each must be the old one, the new one, or torn.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/file.hh"
#include "base/text.hh"
#include "contender.hh"
#include "drill/fetch.hh"
#include "net/socket.hh"

namespace bramble::bench {
namespace {

using drill::fetch;
using drill::Fetched;
using std::chrono::milliseconds;

constexpr std::size_t kBytes = 50'000'000;

std::string random_bytes(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(kBytes, '\0');
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    const std::uint64_t number = random();
    std::memcpy(&bytes[i], &number, 8);
  }
  return bytes;
}

enum class Kind : std::uint8_t { kOurs, kNginx };

class Servers {
 public:
  Servers(Kind kind, std::string folder) : kind_(kind), folder_(std::move(folder)) {
    std::vector<std::string> words = {BRAMBLE_PROGRAM,
                                      "balance",
                                      "--resume",
                                      "--threads",
                                      "1",
                                      "--access-log",
                                      "off",
                                      "--check-interval",
                                      "100",
                                      "--check-path",
                                      "/small",
                                      "--rise",
                                      "1",
                                      "--slow-start",
                                      "0"};
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      ports_[i] = free_port();
      start(i);
      words.insert(words.end(), {"--to", fmt::format("node{}=127.0.0.1:{}", i, ports_[i])});
    }
    port_ = free_port();
    words.insert(words.end(), {"--listen", fmt::format("127.0.0.1:{}", port_)});
    balancer_ = std::make_unique<Contender>("bramble balance", words, port_, kAnyCore);
    wait_for_checks();
  }

  Address address() const { return local(port_); }
  const std::string& folder() const { return folder_; }

  // The one of that name; what was done to it is undone by mend().
  void kill(const std::string& name, bool stop_only) {
    const std::size_t which = static_cast<std::size_t>(name.back() - '0');
    BRAMBLE_CHECK(which < servers_.size());
    ::kill(servers_[which]->pid(), stop_only ? SIGSTOP : SIGKILL);
    hurt_ = which;
    only_stopped_ = stop_only;
  }
  void mend() {
    if (only_stopped_)
      ::kill(servers_[hurt_]->pid(), SIGCONT);
    else
      start(hurt_);
    wait_for_checks();
  }

 private:
  void start(std::size_t which) {
    const std::string name = fmt::format("node{}", which);
    const std::string where = fmt::format("127.0.0.1:{}", ports_[which]);
    servers_[which].reset();
    if (kind_ == Kind::kOurs) {
      run(which, name, {BRAMBLE_PROGRAM, "serve", folder_, "--listen", where, "--name", name});
    } else {
      const std::string config = fmt::format("{}/.{}.conf", folder_, name);
      write_file(config,
                 fmt::format("daemon off; master_process off; pid {0}/.{1}.pid; error_log "
                             "/dev/null;\nevents {{}}\nhttp {{ access_log off; sendfile on; server "
                             "{{ listen {2}; root {0}; add_header X-Served-By {1}; }} }}\n",
                             folder_, name, where))
          .value();
      run(which, name, {"/usr/sbin/nginx", "-c", config});
    }
  }

  void run(std::size_t which, const std::string& name, const std::vector<std::string>& words) {
    servers_[which] = std::make_unique<Contender>(name, words, ports_[which], kAnyCore);
  }

  static void wait_for_checks() { std::this_thread::sleep_for(milliseconds(250)); }

  const Kind kind_;
  const std::string folder_;
  std::array<std::uint16_t, 3> ports_{};
  std::array<std::unique_ptr<Contender>, 3> servers_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Contender> balancer_;
  std::size_t hurt_ = 0;
  bool only_stopped_ = false;
};

struct Row {
  std::uint64_t whole = 0, new_ones = 0, torn = 0, wrong = 0;
  std::vector<double> silences;  // ms

  double silence(double share) {
    std::ranges::sort(silences);
    return silences.empty() ? 0
                            : silences[static_cast<std::size_t>(
                                  share * static_cast<double>(silences.size() - 1))];
  }
};

// Every fourth server only stops.
Row run(Servers& servers, int downloads, bool replaced, std::mt19937_64& random) {
  std::array<std::string, 2> contents = {random_bytes(random()), random_bytes(random())};
  const std::string file = servers.folder() + "/large";
  write_file(file, contents[0]).value();
  std::this_thread::sleep_for(std::chrono::seconds(3));  // it is no news any more
  Row row;
  for (int i = 0; i < downloads; ++i) {
    bool old = true, is_new = true;
    std::size_t replace_at = replaced ? random() % kBytes : kBytes + 1;
    const Fetched got =
        fetch({.address = servers.address(),
               .path = "/large",
               .look =
                   [&](std::uint64_t place, std::string_view bytes) {
                     const bool fits = place + bytes.size() <= kBytes;
                     old = old && fits &&
                           std::memcmp(&contents[0][place], bytes.data(), bytes.size()) == 0;
                     is_new = is_new && fits &&
                              std::memcmp(&contents[1][place], bytes.data(), bytes.size()) == 0;
                     if (place < replace_at) return;
                     write_file(file + ".new", contents[1]).value();
                     std::filesystem::rename(file + ".new", file);
                     replace_at = kBytes + 1;
                   },
               .trip_at = 1 + random() % (kBytes - 1),
               .trip = [&](const std::string& name) { servers.kill(name, i % 4 == 3); }});
    if (!got.fault.empty())
      ++row.torn;
    else if (got.bytes == kBytes && old)
      ++row.whole;
    else if (got.bytes == kBytes && is_new)
      ++row.new_ones;
    else
      ++row.wrong;
    if (!old && !is_new && !got.fault.empty()) ++row.wrong;
    row.silences.push_back(static_cast<double>(got.longest_silence.count()) / 1000);
    servers.mend();
    if (!replaced) continue;
    std::swap(contents[0], contents[1]);
    write_file(file, contents[0]).value();
    // As if it had been there for long: what is news is not resumed.
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::seconds(5000 - i));
  }
  return row;
}

int main(int argc, char** argv) {
  const auto number = [&](int which, std::uint64_t usual) {
    return argc > which ? parse_number(argv[which]).value_or(usual) : usual;
  };
  const int downloads = static_cast<int>(number(1, 1000));
  const int replaced = static_cast<int>(number(2, 200));
  std::mt19937_64 random(number(3, 1));
  ignore_broken_pipes();
  fmt::print(
      "| servers | downloads | whole | torn | wrong bytes | longest silence: median | p99 | "
      "longest |\n|-|-|-|-|-|-|-|-|\n");
  for (const Kind kind : {Kind::kOurs, Kind::kNginx}) {
    std::string folder = (std::filesystem::temp_directory_path() / "bench_XXXXXX").string();
    BRAMBLE_CHECK(::mkdtemp(folder.data()) != nullptr);
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
    write_file(folder + "/small", "small\n").value();
    write_file(folder + "/large", "").value();
    {
      Servers servers(kind, folder);
      const std::string name = kind == Kind::kOurs ? "bramble" : "nginx";
      const auto print = [&](const std::string& what, int count, Row row) {
        fmt::print("| {} | {} | {} | {} | {} | {:.0f} ms | {:.0f} ms | {:.0f} ms |\n", what, count,
                   row.new_ones > 0 ? fmt::format("{} old, {} new", row.whole, row.new_ones)
                                    : std::to_string(row.whole),
                   row.torn, row.wrong, row.silence(0.5), row.silence(0.99), row.silence(1));
        (void)std::fflush(stdout);
      };
      print(name, downloads, run(servers, downloads, false, random));
      print(name + ", the file replaced meanwhile", replaced, run(servers, replaced, true, random));
    }
    std::filesystem::remove_all(folder);
  }
  return 0;
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
