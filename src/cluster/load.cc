// SPDX-License-Identifier: Apache-2.0
#include "cluster/load.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/file.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"
#include "cluster/once.hh"
#include "cluster/read_sites.hh"
#include "cluster/rules.hh"
#include "cluster/section.hh"

namespace bramble {
namespace {

constexpr std::size_t kNodesMin = 3;

std::string anything(std::string_view text) {
  return text.empty() ? "an empty text says nothing: leave the key away" : "";
}

class Reader {
 public:
  Reader(const ParseOptions& options, Faults& faults) : options_(options), faults_(faults) {}

  Cluster read(const Value& document) {
    Section root(document, "the file", faults_);
    cluster_.name = required(root, "name", fault_of_cluster_name, "berry");
    read_timezone(root);
    read_ssh(root);
    read_nodes(root);
    read_offsite(root);
    read_balancer(root);
    read_volume(root);
    cluster_.sites = read_sites(root, faults_);
    root.tell_unknown_keys();
    return std::move(cluster_);
  }

 private:
  static std::string required(Section& section, std::string_view key, const Rule& rule,
                              std::string_view example) {
    std::optional<Text> text = section.required_string(key, rule, example);
    return text ? std::move(text->text) : "";
  }

  void read_timezone(Section& root) {
    const auto rule = [this](std::string_view text) {
      return fault_of_timezone(text, options_.zoneinfo);
    };
    if (std::optional<Text> zone = root.string("timezone", rule)) cluster_.timezone = zone->text;
  }

  void read_ssh(Section& root) {
    const Value* table = root.table("ssh");
    if (table == nullptr) return;
    Section section(*table, "[ssh]", faults_);
    if (std::optional<Text> user = section.string("user", fault_of_user))
      cluster_.ssh.user = user->text;
    if (std::optional<Text> config = section.string("config", anything))
      cluster_.ssh.config = absolute(config->text);
    section.tell_unknown_keys();
  }

  std::string absolute(const std::string& path) const {
    namespace fs = std::filesystem;
    const char* home = std::getenv("HOME");
    if (path.starts_with("~/") && home != nullptr) return home + path.substr(1);
    return fs::absolute(fs::path(options_.folder) / path).lexically_normal().string();
  }

  struct Example {
    std::string_view name;
    std::string_view address;
  };

  // Off-site machine and balancer are elsewhere than the nodes.
  static Example example_of(Role role) {
    if (role == Role::kOffsite) return {"cluster04", "198.51.100.7"};
    if (role == Role::kBalancer) return {"front", "198.51.100.9"};
    return {"cluster01", "192.168.2.5"};
  }

  Machine read_machine(Section& section, Role role) {
    const auto [like_name, like_address] = example_of(role);
    const std::optional<Text> name =
        section.required_string("name", fault_of_machine_name, like_name);
    const std::optional<Text> address =
        section.required_string("address", fault_of_address, like_address);
    names_.take(section, name);
    addresses_.take(section, address);
    Machine machine{
        .name = name ? name->text : "", .address = address ? address->text : "", .role = role};
    if (role == Role::kNode) read_share(section, machine);
    return machine;
  }

  static void read_share(Section& section, Machine& node) {
    if (const auto weight = section.integer("weight", {1, kWeightMax}))
      node.weight = static_cast<unsigned>(*weight);
    if (const auto most = section.integer("max-connections", {1, kMaxConnectionsMax}))
      node.max_connections = static_cast<unsigned>(*most);
  }

  void read_nodes(Section& root) {
    const std::vector<const Value*> tables = root.tables("node");
    for (const Value* table : tables) {
      Section section(*table, "[[node]]", faults_);
      cluster_.nodes.push_back(read_machine(section, Role::kNode));
      section.tell_unknown_keys();
    }
    const Position at = tables.empty() ? root.at() : tables.back()->at;
    if (tables.size() < kNodesMin)
      root.fault(at, fmt::format("{} of at least {} nodes: add [[node]] tables; with fewer, no "
                                 "node may fail",
                                 tables.size(), kNodesMin));
    if (tables.size() > kNodesMax)
      root.fault(at, fmt::format("{} nodes: {} is the most", tables.size(), kNodesMax));
    else if (std::string fault = fault_of_node_count(tables.size()); !fault.empty())
      root.fault(at, std::move(fault));
  }

  void read_offsite(Section& root) {
    const Value* table = root.table("offsite");
    if (table == nullptr) return;
    Section section(*table, "[offsite]", faults_);
    cluster_.offsite = read_machine(section, Role::kOffsite);
    cluster_.offsite_brick = read_brick(section);
    section.tell_unknown_keys();
  }

  void read_balancer(Section& root) {
    const Value* table = root.table("balancer");
    if (table == nullptr) return;
    Section section(*table, "[balancer]", faults_);
    cluster_.balancer = read_machine(section, Role::kBalancer);
    Once listeners("listen address");
    std::vector<std::string> listen;
    for (const Text& text : section.some_strings("listen", fault_of_listen)) {
      listeners.take(section, text);
      if (text.text.ends_with(fmt::format(":{}", kAdminPort)))
        section.fault(text.at, fmt::format("port {} is the balancer's own, for its status and "
                                           "metrics: take another one",
                                           kAdminPort));
      listen.push_back(text.text);
    }
    if (!listen.empty()) cluster_.balancer_options.listen = std::move(listen);
    read_choosing(section);
    section.tell_unknown_keys();
  }

  void read_choosing(Section& section) {
    BalancerOptions& options = cluster_.balancer_options;
    if (std::optional<Text> policy = section.string("policy", fault_of_policy))
      options.policy = policy->text;
    if (std::optional<Text> by = section.string("hash-by", fault_of_hash_by)) {
      options.hash_by = by->text;
      if (options.policy != "hash")
        section.fault(by->at, "\"hash-by\" goes with policy = \"hash\" only");
    }
    if (std::optional<Text> cookie = section.string("sticky", fault_of_cookie))
      options.sticky = cookie->text;
    options.resume = section.boolean("resume").value_or(options.resume);
    options.stripe = section.boolean("stripe").value_or(options.stripe);
    for (const Text& text : section.strings("trust-forwarded-from", fault_of_prefix))
      options.trust_forwarded_from.push_back(text.text);
  }

  void read_volume(Section& root) {
    const Value* table = root.table("volume");
    if (table == nullptr) {
      if (root.find("volume") == nullptr)
        root.missing("volume", "a [volume] table with brick = { free-space = true }");
      return;
    }
    Section section(*table, "[volume]", faults_);
    const std::optional<Text> name = section.string("name", fault_of_volume_name);
    if (name) cluster_.volume.name = name->text;
    if (section.find("brick") == nullptr) section.missing("brick", kBrickExample);
    if (const std::optional<Brick> brick = read_brick(section)) cluster_.volume.brick = *brick;
    tell_collision(section, name ? name->at : section.at());
    section.tell_unknown_keys();
  }

  // The volume is mounted over what lies there.
  void tell_collision(Section& section, Position at) const {
    const std::string mount = volume_mount(cluster_.volume) + "/";
    const std::string brick = brick_mount(cluster_.volume) + "/";
    if (mount.starts_with(brick) || brick.starts_with(mount))
      section.fault(at,
                    fmt::format("the volume is mounted at {}, and its brick lies in {}: give it "
                                "another name, or the brick another path",
                                volume_mount(cluster_.volume), brick_mount(cluster_.volume)));
  }

  std::optional<Brick> read_brick(Section& owner) {
    const Value* table = owner.table("brick", "{ free-space = true }");
    if (table == nullptr) return std::nullopt;
    Brick brick;
    Section section(*table, "brick", faults_);
    const std::optional<bool> free_space = section.boolean("free-space");
    const std::optional<Text> device = section.string("device", fault_of_device);
    const std::optional<Text> folder = section.string("path", fault_of_folder);
    if (device) brick = {Brick::Kind::kDevice, device->text};
    if (folder) brick = {Brick::Kind::kFolder, folder->text};
    tell_unclear_brick(section, free_space);
    section.tell_unknown_keys();
    return brick;
  }

  static void tell_unclear_brick(Section& section, const std::optional<bool>& free_space) {
    std::vector<std::string> given;
    for (const std::string_view key : {"free-space", "device", "path"})
      if (section.find(key) != nullptr) given.emplace_back(key);
    if (given.size() > 1)
      section.fault(section.at(),
                    "the brick is given by " + join(given, " and by ") + ": keep one of them");
    if (given.empty() || (given.size() == 1 && free_space == false))
      section.fault(section.at(), fmt::format("the brick lies nowhere: write {}", kBrickExample));
  }

  static constexpr std::string_view kBrickExample =
      "brick = { free-space = true }, { device = \"/dev/…\" } or { path = \"/…\" }";

  const ParseOptions& options_;
  Faults& faults_;
  Cluster cluster_;
  Once names_{"the name"};
  Once addresses_{"the address"};
};

Result<std::string> read_cluster_file(const std::string& path) {
  Result<std::string> text = read_file(path, kDocumentBytesMax);
  if (!text.ok() && text.error().code == EISDIR)
    return Error{.code = EISDIR,
                 .side = Side::kClient,
                 .what = path + ": this is a folder: name the cluster's file with -f"};
  if (!text.ok() && text.error().code == ENOENT)
    return Error{.code = ENOENT,
                 .side = Side::kClient,
                 .what = path + ": no such file: name the cluster's file with -f, or write one"};
  return text;
}

// Else it holds sites alone, or is to.
bool is_of_cluster(const Value& document) {
  constexpr std::array<std::string_view, 7> kOfACluster = {"name",    "timezone", "ssh",   "node",
                                                           "offsite", "balancer", "volume"};
  return std::ranges::any_of(document.entries, [&](const Entry& entry) {
    return std::ranges::find(kOfACluster, entry.key) != kOfACluster.end();
  });
}

Result<Cluster> cluster_of(const std::string& text, const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  ParsedCluster parsed = parse_cluster(text, {.folder = folder.empty() ? "." : folder});
  if (!parsed.faults.empty()) return faulty_file(path, std::move(parsed.faults));
  return std::move(parsed.cluster);
}

}  // namespace

Error faulty_file(const std::string& path, Faults faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  std::vector<std::string> all;
  for (const Fault& fault : faults)
    all.push_back(fmt::format("{}:{}:{}: {}", path, fault.at.line, fault.at.column, fault.what));
  return Error{.code = EINVAL, .side = Side::kClient, .what = join(all, "\n")};
}

ParsedCluster parse_cluster(std::string_view text, const ParseOptions& options) {
  ParsedCluster parsed;
  const Value document = parse_document(text, parsed.faults);
  if (!parsed.faults.empty()) return parsed;
  parsed.cluster = Reader(options, parsed.faults).read(document);
  std::stable_sort(parsed.faults.begin(), parsed.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return parsed;
}

Result<Cluster> load_cluster(const std::string& path) {
  return cluster_of(TRY(read_cluster_file(path)), path);
}

Result<std::vector<SiteOptions>> load_sites(const std::string& path) {
  const std::string text = TRY(read_cluster_file(path));
  Faults faults;
  const Value document = parse_document(text, faults);
  if (!faults.empty()) return faulty_file(path, std::move(faults));
  if (is_of_cluster(document)) return TRY(cluster_of(text, path)).sites;
  Section root(document, "the file", faults);
  std::vector<SiteOptions> sites = read_sites(root, faults);
  if (root.find("site") == nullptr) root.missing("site", "a [[site]] table with host = \"*\"");
  root.tell_unknown_keys();
  if (!faults.empty()) return faulty_file(path, std::move(faults));
  return sites;
}

}  // namespace bramble
