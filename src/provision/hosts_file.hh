// SPDX-License-Identifier: Apache-2.0
// Step "hosts": the cluster's block in /etc/hosts.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> hosts_file_step();

}  // namespace bramble::provision
