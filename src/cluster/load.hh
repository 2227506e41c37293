// SPDX-License-Identifier: Apache-2.0
// Reads bramble.toml: the whole file, and every fault in it at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "cluster/cluster.hh"
#include "cluster/document.hh"

namespace bramble {

// Of a file that is read whole: what is longer is none of ours.
inline constexpr std::size_t kDocumentBytesMax = 4 << 20;

struct ParsedCluster {
  Cluster cluster;  // of use only without faults
  Faults faults;    // by position
};

struct ParseOptions {
  std::string folder = ".";                      // what relative paths in the file start from
  std::string zoneinfo = "/usr/share/zoneinfo";  // the known time zones
};

ParsedCluster parse_cluster(std::string_view text, const ParseOptions& options = {});

// The Error of a file with these faults.
Error faulty_file(const std::string& path, Faults faults);

// The Error of a faulty file has side kClient, and one "FILE:LINE:COLUMN: WHAT" a line.
Result<Cluster> load_cluster(const std::string& path);

// The sites of a cluster's file, or of one that holds [[site]] tables and nothing else. Errors as
// of load_cluster.
Result<std::vector<SiteOptions>> load_sites(const std::string& path);

}  // namespace bramble
