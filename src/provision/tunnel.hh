// SPDX-License-Identifier: Apache-2.0
// Three steps that connect the machines by WireGuard:
//
//     tunnel key      a private key is made on its host, which it never leaves
//     tunnel          its configuration with the others' public keys; up now and at boot
//     tunnel answers  the nodes have shaken hands with the machines that they dial
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "provision/step.hh"

namespace bramble::provision {

// The machines' public keys, as far as they are known: each is asked for once. Any thread.
class TunnelKeys {
 public:
  // "" where the machine has none yet.
  Result<std::string> of(const Site& site, const std::string& machine);
  void set(const std::string& machine, std::string key);

 private:
  std::mutex mutex_;  // guards keys_
  std::map<std::string, std::string> keys_;
};

std::unique_ptr<Step> tunnel_key_step(std::shared_ptr<TunnelKeys> keys);
std::unique_ptr<Step> tunnel_step(std::shared_ptr<TunnelKeys> keys);
std::unique_ptr<Step> tunnel_answers_step();

}  // namespace bramble::provision
