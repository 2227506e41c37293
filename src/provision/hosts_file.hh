// SPDX-License-Identifier: Apache-2.0
// Step "hosts": the cluster's block in /etc/hosts.
//
// cloud-init may write that file anew at every boot (manage_etc_hosts), from a template. Where it
// is installed it is told not to; and since a provider's or an imager's user data overrules that,
// the block stands in the template, too.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> hosts_file_step();

}  // namespace bramble::provision
