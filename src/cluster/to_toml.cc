// SPDX-License-Identifier: Apache-2.0
#include "cluster/to_toml.hh"

#include <fmt/format.h>

#include "cluster/sites_to_toml.hh"
#include "cluster/toml_text.hh"

namespace bramble {
namespace {

std::string machine(std::string_view table, const Machine& of) {
  return fmt::format("\n{}\nname = {}\naddress = {}\n", table, toml_quoted(of.name),
                     toml_quoted(of.address));
}

std::string brick(const Brick& of) {
  switch (of.kind) {
    case Brick::Kind::kFreeSpace:
      return "{ free-space = true }";
    case Brick::Kind::kDevice:
      return fmt::format("{{ device = {} }}", toml_quoted(of.path));
    case Brick::Kind::kFolder:
      return fmt::format("{{ path = {} }}", toml_quoted(of.path));
  }
  return "";
}

std::string choosing(const BalancerOptions& of) {
  std::string text;
  if (!of.policy.empty()) text += "policy = " + toml_quoted(of.policy) + "\n";
  if (!of.hash_by.empty()) text += "hash-by = " + toml_quoted(of.hash_by) + "\n";
  if (!of.sticky.empty()) text += "sticky = " + toml_quoted(of.sticky) + "\n";
  if (!of.resume) text += "resume = false\n";
  if (!of.stripe) text += "stripe = false\n";
  if (of.trust_forwarded_from.empty()) return text;
  return text + "trust-forwarded-from = " + toml_array(of.trust_forwarded_from) + "\n";
}

}  // namespace

std::string to_toml(const Cluster& cluster) {
  std::string text = fmt::format("name = {}\ntimezone = {}\n", toml_quoted(cluster.name),
                                 toml_quoted(cluster.timezone));
  for (const Machine& node : cluster.nodes) {
    text += machine("[[node]]", node);
    if (node.weight != 1) text += fmt::format("weight = {}\n", node.weight);
    if (node.max_connections != 0)
      text += fmt::format("max-connections = {}\n", node.max_connections);
  }
  if (cluster.offsite) text += machine("[offsite]", *cluster.offsite);
  if (cluster.offsite && cluster.offsite_brick)
    text += fmt::format("brick = {}\n", brick(*cluster.offsite_brick));
  if (cluster.balancer)
    text += machine("[balancer]", *cluster.balancer) +
            fmt::format("listen = {}\n", toml_array(cluster.balancer_options.listen)) +
            choosing(cluster.balancer_options);
  text += fmt::format("\n[volume]\nname = {}\nbrick = {}\n", toml_quoted(cluster.volume.name),
                      brick(cluster.volume.brick));
  return text + sites_to_toml(cluster.sites);
}

}  // namespace bramble
