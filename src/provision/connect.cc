// SPDX-License-Identifier: Apache-2.0
#include "provision/connect.hh"

#include <unistd.h>

#include <thread>

#include "base/text.hh"

namespace bramble::provision {

Result<std::unique_ptr<Connections>> Connections::make(const Cluster& cluster) {
  const std::string& config = cluster.ssh.config;
  if (!config.empty() && ::access(config.c_str(), R_OK) != 0) {
    Error error = errno_error("ssh configuration " + config + " (config under [ssh])");
    error.side = Side::kClient;
    return error;
  }
  auto connections = std::make_unique<Connections>();
  connections->folder_ = TRY(ControlFolder::make());
  std::map<std::string, std::unique_ptr<Host>> hosts;
  for (const Machine& machine : cluster.machines()) {
    auto host = std::make_unique<SshHost>(
        SshTarget{.name = machine.name,
                  .address = machine.address,
                  .user = cluster.ssh.user,
                  .config = cluster.ssh.config,
                  .control_path = connections->folder_->path() + "/" + machine.address});
    connections->hosts_.push_back(host.get());
    hosts.emplace(machine.name, std::move(host));
  }
  connections->site_ = std::make_unique<Site>(cluster, std::move(hosts));
  return connections;
}

Result<void> Connections::lock(const SessionLock::Tell& tell) {
  std::vector<std::unique_ptr<SessionLock>> taken(hosts_.size());
  std::vector<std::string> refused(hosts_.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < hosts_.size(); ++i)
    threads.emplace_back([&, i] {
      Result<std::unique_ptr<SessionLock>> lock = SessionLock::take(*hosts_[i], tell);
      if (lock.ok())
        taken[i] = *std::move(lock);
      else
        refused[i] = lock.error().what;
    });
  for (std::thread& thread : threads) thread.join();
  std::erase(refused, "");
  if (!refused.empty()) return failure(join(refused, "\n"));
  locks_ = std::move(taken);
  return {};
}

}  // namespace bramble::provision
