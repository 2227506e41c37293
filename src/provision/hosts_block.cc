// SPDX-License-Identifier: Apache-2.0
#include "provision/hosts_block.hh"

#include <fmt/format.h>

#include <map>

#include "base/text.hh"
#include "cluster/addresses.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kBegin = "# bramble begin";
constexpr std::string_view kEnd = "# bramble end";
constexpr std::string_view kOwnAddress = "127.0.1.1";

std::string entry(std::string_view address, std::string_view name) {
  return fmt::format("{:<15} {}\n", address, name);
}

std::string framed(const std::string& entries) {
  return fmt::format("{}\n{}{}\n", kBegin, entries, kEnd);
}

std::vector<std::string_view> entry_words(std::string_view line) {
  return words(line.substr(0, line.find('#')));
}

// name → address
std::map<std::string_view, std::string_view> entries_of(std::string_view block) {
  std::map<std::string_view, std::string_view> entries;
  for (const std::string_view line : lines(block)) {
    const std::vector<std::string_view> all = entry_words(line);
    for (std::size_t i = 1; i < all.size(); ++i) entries.emplace(all[i], all[0]);
  }
  return entries;
}

// The line without these names; "" where none is left.
std::string without(const std::vector<std::string_view>& all,
                    const std::map<std::string_view, std::string_view>& names) {
  std::vector<std::string> left;
  for (std::size_t i = 1; i < all.size(); ++i)
    if (!names.contains(all[i])) left.emplace_back(all[i]);
  return left.empty() ? "" : fmt::format("{}\t{}\n", all[0], join(left, " "));
}

// Takes the file line by line.
class Editor {
 public:
  Editor(std::string_view block, std::string_view path)
      : block_(block), path_(path), ours_(entries_of(block)) {}

  Result<HostsEdit> edit(std::string_view current) {
    for (const std::string_view line : lines(current)) {
      ++number_;
      TRY(take(line));
    }
    if (inside_)
      return failure(
          fmt::format("{}: \"{}\" stands there without \"{}\" after it: put the "
                      "end back, or take the beginning away",
                      path_, kBegin, kEnd));
    if (!placed_) edit_.text += block_;
    return std::move(edit_);
  }

 private:
  Result<void> take(std::string_view line) {
    if (trim(line) == kBegin) {
      inside_ = true;
    } else if (inside_) {
      if (trim(line) == kEnd) end_block();
    } else {
      return take_foreign(line);
    }
    return {};
  }

  void end_block() {
    inside_ = false;
    if (!placed_) edit_.text += block_;
    placed_ = true;
  }

  Result<void> take_foreign(std::string_view line) {
    const std::vector<std::string_view> all = entry_words(line);
    bool says_otherwise = false;
    for (std::size_t i = 1; i < all.size(); ++i) {
      const auto our = ours_.find(all[i]);
      if (our == ours_.end() || our->second == all[0]) continue;
      says_otherwise = true;
      if (our->second != kOwnAddress && !all[0].starts_with("127.") && all[0] != "::1")
        return failure(
            fmt::format("{}, line {}: \"{}\" gives {} another address than {}: "
                        "take it away, or change bramble.toml",
                        path_, number_, trim(line), all[i], our->second));
    }
    if (!says_otherwise) {
      edit_.text.append(line).push_back('\n');
      return {};
    }
    edit_.taken_out_of.emplace_back(trim(line));
    edit_.text += without(all, ours_);
    return {};
  }

  const std::string_view block_;
  const std::string_view path_;
  const std::map<std::string_view, std::string_view> ours_;
  int number_ = 0;
  bool inside_ = false;
  bool placed_ = false;
  HostsEdit edit_;
};

}  // namespace

std::string hosts_block(const Cluster& cluster, const Machine& seen_from) {
  std::string entries;
  for (const Machine& machine : cluster.machines()) {
    const bool in_lan = machine.role == Role::kNode && seen_from.role == Role::kNode;
    const std::string there = in_lan ? machine.address : tunnel_address(cluster, machine.name);
    entries += entry(machine.name == seen_from.name ? kOwnAddress : there, machine.name);
  }
  return framed(entries);
}

std::string hosts_block_for_clients(const Cluster& cluster) {
  std::string entries;
  for (const Machine& machine : cluster.machines()) entries += entry(machine.address, machine.name);
  return framed(entries);
}

Result<HostsEdit> edit_hosts(std::string_view current, std::string_view block,
                             std::string_view path) {
  return Editor(block, path).edit(current);
}

}  // namespace bramble::provision
