// SPDX-License-Identifier: Apache-2.0
// What Raspberry Pi Imager does to an SD card: copies the image, then gives it its address and the
// key that may log in.
#pragma once

#include <string>

#include "base/result.hh"
#include "lab/place.hh"

namespace bramble::lab {

// Copies the golden image, unless the host has a card already.
Result<void> insert_card(const Place& place, const LabHost& host);

// Before each boot, on the mounted root: what belongs to the host (once; later it is the guest's
// own), and how it finds the partitions of its disk, whose device names change.
Result<void> personalise(const Place& place, const LabHost& host, const std::string& device);

std::string network_file(const LabHost& host);        // for systemd-networkd
std::string device_links(const std::string& device);  // for tmpfiles.d(5)

}  // namespace bramble::lab
