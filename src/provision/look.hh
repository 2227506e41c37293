// SPDX-License-Identifier: Apache-2.0
// What a machine says about itself: the output of one script, in two kinds of lines.
//
//     key=value              a fact; the last one of a key holds
//     @/etc/hosts            a file's path (only where there is such a file) …
//     |127.0.0.1 localhost   … and its lines
//
// A step's look is one script made of these pieces: one round trip.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "ssh/host.hh"

namespace bramble::provision {

class Look {
 public:
  static Look parse(std::string_view output);
  static Result<Look> at(Host& host, std::string script);

  const std::string& value(const std::string& key) const;  // "" where it is not known
  bool is(const std::string& key) const { return value(key) == "yes"; }

  // The file's content, each line with its end; nothing where there is no such file.
  std::optional<std::string> file(const std::string& path) const;

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, std::string> files_;
};

// Pieces of a look's script. Commands are for sh; a failing one gives what it printed.
std::string tell_value(std::string_view key, std::string_view command);
std::string tell_whether(std::string_view key, std::string_view condition);  // "yes" or "no"
std::string tell_file(const std::string& path);

// A kernel makes a root filesystem so that it finds damaged.
inline constexpr std::string_view kRootIsReadOnly =
    "findmnt -nro OPTIONS / | grep -qE '^(.*,)?ro(,.*)?$'";
inline constexpr std::string_view kReadOnly =
    "its root filesystem is mounted read-only: see dmesg there; a failing SD card ends so";

}  // namespace bramble::provision
