// SPDX-License-Identifier: Apache-2.0
#include "cluster/to_toml.hh"

#include <fmt/format.h>

namespace bramble {
namespace {

// A basic string of TOML.
std::string quoted(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (all += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      all += fmt::format("\\u{:04x}", c);
    else
      all += c;
  }
  return all + '"';
}

std::string machine(std::string_view table, const Machine& of) {
  return fmt::format("\n{}\nname = {}\naddress = {}\n", table, quoted(of.name), quoted(of.address));
}

std::string brick(const Brick& of) {
  switch (of.kind) {
    case Brick::Kind::kFreeSpace:
      return "{ free-space = true }";
    case Brick::Kind::kDevice:
      return fmt::format("{{ device = {} }}", quoted(of.path));
    case Brick::Kind::kFolder:
      return fmt::format("{{ path = {} }}", quoted(of.path));
  }
  return "";
}

std::string choosing(const BalancerOptions& of) {
  std::string text;
  if (!of.policy.empty()) text += "policy = " + quoted(of.policy) + "\n";
  if (!of.hash_by.empty()) text += "hash-by = " + quoted(of.hash_by) + "\n";
  if (!of.sticky.empty()) text += "sticky = " + quoted(of.sticky) + "\n";
  if (of.trust_forwarded_from.empty()) return text;
  text += "trust-forwarded-from = [";
  for (const std::string& prefix : of.trust_forwarded_from) text += quoted(prefix) + ", ";
  text += "]\n";
  return text;
}

}  // namespace

std::string to_toml(const Cluster& cluster) {
  std::string text =
      fmt::format("name = {}\ntimezone = {}\n", quoted(cluster.name), quoted(cluster.timezone));
  for (const Machine& node : cluster.nodes) {
    text += machine("[[node]]", node);
    if (node.weight != 1) text += fmt::format("weight = {}\n", node.weight);
    if (node.max_connections != 0)
      text += fmt::format("max-connections = {}\n", node.max_connections);
  }
  if (cluster.offsite) text += machine("[offsite]", *cluster.offsite);
  if (cluster.balancer) {
    text += machine("[balancer]", *cluster.balancer) + "listen = [";
    for (const std::string& address : cluster.balancer_options.listen)
      text += quoted(address) + ", ";
    text += "]\n" + choosing(cluster.balancer_options);
  }
  text += fmt::format("\n[volume]\nname = {}\nbrick = {}\n", quoted(cluster.volume.name),
                      brick(cluster.volume.brick));
  for (const SiteOptions& site : cluster.sites)
    text += fmt::format("\n[[site]]\nhost = {}\nroot = {}\n", quoted(site.host), quoted(site.root));
  return text;
}

}  // namespace bramble
