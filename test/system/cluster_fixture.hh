// SPDX-License-Identifier: Apache-2.0
// A lab whose hosts are, or become, a cluster.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "system/lab_fixture.hh"

namespace bramble::test {

inline const std::vector<std::string> kNodes = {"cluster01", "cluster02", "cluster03"};

// What is waited for at the most. How soon a thing happens is measured elsewhere; and the slowest
// of all, geo-replication after a loss of power, takes two minutes where its worker hangs as it
// starts.
inline constexpr std::chrono::seconds kPatience(180);

// What a visitor got for one request; status 0: no answer.
struct Answer {
  int status = 0;
  std::string served_by;
  std::string body;
};

// The line of `up` that tells how many changes it made.
std::string count_of_changes(const Outcome& up);

class ClusterTest : public LabTest {
 protected:
  // bramble WORDS… -f the lab's cluster file
  Outcome bramble(std::vector<std::string> words);
  Outcome bramble(std::vector<std::string> words, const std::string& cluster_file);
  Outcome bramble_alone(std::vector<std::string> words);  // of no cluster file

  // Runs `up` and ends it with SIGKILL, its whole process group, this long after it told that the
  // host is through with the step: in the midst of a later one. Whether it got that far.
  bool up_killed_after(const std::string& host, const std::string& step,
                       std::chrono::milliseconds later);

  Answer get(const std::string& path);
  // The page's body once it is this one.
  bool serves(const std::string& path, const std::string& body);
  bool serves_from_all_nodes();

  // Writes a file onto the volume, from a host that has it mounted.
  void publish(const std::string& host, const std::string& path, const std::string& content);
  // Whether GlusterFS has nothing to heal, in the end.
  bool is_healed();
  // How many versions the nodes tell of the file; 0: one of them does not answer.
  std::size_t versions_of(std::string_view file);
  // The content of the off-site copy's file once it is this one.
  bool lies_offsite(const std::string& path, const std::string& content);
  // What geo-replication has to say for itself where a copy does not come.
  std::string offsite_story();
  // What a service of a host said lately, but for requests that ended well.
  std::string story_of(const std::string& host, const std::string& service);

  // All hosts, the power of all at once. The restored have booted.
  void cut_and_restore_all();
  // Whether the node's vitals service has, in the end, an answer from each machine that it dials.
  bool hears_in_the_tunnel(const std::string& node);
  // Whether what comes while the machine is busy has room there, in the end; where the kernel does
  // WireGuard itself it has.
  bool has_room_in_the_tunnel(const std::string& host);

  // Whether `plan` has no change to make, in the end.
  bool has_nothing_to_do();

  // Those of these "ADDRESS/PORT" that accept a TCP connection from the host; all are tried at
  // once.
  std::vector<std::string> connects(const std::string& from, const std::vector<std::string>& to);
};

}  // namespace bramble::test
