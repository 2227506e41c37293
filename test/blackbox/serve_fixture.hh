// SPDX-License-Identifier: Apache-2.0
// A site in a folder, before which `bramble serve` is started.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "child_process.hh"
#include "raw_client.hh"
#include "temporary_folder.hh"

namespace bramble::test {

inline constexpr const char* kSecret = "nobody may read this";

class ServeTest : public ::testing::Test {
 protected:
  ServeTest() {
    site.write("index.html", "<h1>home</h1>");
    site.write("docs/index.html", "docs");
    site.write("docs/a b.txt", "0123456789");
    site.write("empty/note.txt", "");
    site.write(".git/config", kSecret);
    site.write("docs/.htaccess", kSecret);
    site.write(".well-known/acme-challenge/token", "proof");
    outside.write("secret.txt", kSecret);
    std::string block;
    for (int i = 0; block.size() < 1 << 20; ++i) block += std::to_string(i) + "\n";
    while (large_content.size() < kLargeBytes)
      large_content += std::to_string(large_content.size()) + block;
    site.write("large.bin", large_content);
  }

  void start(std::vector<std::string> more = {}, const std::string& vitals = "/does/not/exist") {
    std::vector<std::string> argv = {
        BRAMBLE_PROGRAM,   "serve",     site.path(), "--listen", "127.0.0.1:0", "--name",
        "node-under-test", "--threads", "2",         "--vitals", vitals};
    argv.insert(argv.end(), more.begin(), more.end());
    server.emplace(argv);
    const std::string behind = server->after("on http://127.0.0.1:");
    ASSERT_FALSE(behind.empty()) << server->err();
    port = static_cast<std::uint16_t>(std::stoi(behind));
  }

  static std::string request(std::string_view method, std::string_view target,
                             std::string_view fields = "") {
    return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" +
           std::string(fields) + "\r\n";
  }

  RawAnswer get(std::string_view target, std::string_view fields = "") {
    return RawClient(port).ask(request("GET", target, fields));
  }

  static constexpr std::size_t kLargeBytes = 32 << 20;
  TemporaryFolder site;
  TemporaryFolder outside;
  std::string large_content;
  std::optional<ChildProcess> server;
  std::uint16_t port = 0;
};

}  // namespace bramble::test
