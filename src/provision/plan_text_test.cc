// SPDX-License-Identifier: Apache-2.0
#include "provision/plan_text.hh"

#include <gtest/gtest.h>

namespace bramble::provision {
namespace {

using std::chrono::milliseconds;

const Cluster kNodesAndFront{.name = "berry",
                             .nodes = {{"one", "10.0.0.1"}, {"two", "10.0.0.2"}},
                             .balancer = Machine{"front", "198.51.100.9", Role::kBalancer}};

TEST(PlanText, ShowsEachMachineAndWhatWouldChange) {
  const std::vector<StepReport> reports = {
      {"one", "hosts", Verdict::kWouldChange, {{"write a"}, {"write b"}}, "", milliseconds(1)},
      {"one", "time", Verdict::kOk, {}, "", milliseconds(1)},
      {"two", "hosts", Verdict::kOk, {}, "", milliseconds(1)},
      {"front", "hosts", Verdict::kFailed, {}, "front: no", milliseconds(1)}};
  EXPECT_EQ(plan_text(kNodesAndFront, reports, false),
            "one (node, 10.0.0.1)\n"
            "  + hosts           write a\n"
            "  + hosts           write b\n"
            "two (node, 10.0.0.2)\n"
            "  nothing to do\n"
            "front (balancer, 198.51.100.9)\n"
            "  ! hosts           front: no\n");
  EXPECT_EQ(count_changes(reports), 2U);
}

TEST(PlanText, EndsWithATableAndTheSum) {
  const std::vector<StepReport> reports = {
      {"one", "hosts", Verdict::kChanged, {{"write a"}}, "", milliseconds(500)},
      {"one", "packages", Verdict::kOk, {}, "", milliseconds(1500)},
      {"two", "hosts", Verdict::kFailed, {{"write a"}}, "two: full", milliseconds(10)},
      {"two", "packages", Verdict::kNotReached, {}, "", milliseconds(0)},
      {"front", "hosts", Verdict::kOk, {}, "", milliseconds(5)}};
  EXPECT_EQ(result_text(kNodesAndFront, reports, milliseconds(2100), false),
            "MACHINE  OK  CHANGED  FAILED  NOT REACHED  TIME   LONGEST STEP\n"
            "one      1   1        -       -            2.0 s  packages, 1.5 s\n"
            "two      -   -        1       1            10 ms  hosts, 10 ms\n"
            "front    1   -        -       -            5 ms   hosts, 5 ms\n"
            "failed hosts: two: full\n"
            "1 change, and perhaps a part of what failed, in 2.1 s\n"
            "mend that, then run `bramble up` again: it goes on from here\n");
}

TEST(PlanJson, TellsProgramsTheSame) {
  const std::vector<StepReport> reports = {
      {"one", "hosts", Verdict::kWouldChange, {{"write \"a\""}}, "", milliseconds(7)},
      {"two", "hosts", Verdict::kFailed, {}, "two: no", milliseconds(8)}};
  EXPECT_EQ(plan_json(kNodesAndFront, reports), R"json({
  "cluster": "berry",
  "changes": 1,
  "failed": true,
  "machines": [
    {
      "name": "one",
      "role": "node",
      "steps": [
        {
          "name": "hosts",
          "verdict": "would change",
          "changes": [
            "write \"a\""
          ],
          "milliseconds": 7
        }
      ]
    },
    {
      "name": "two",
      "role": "node",
      "steps": [
        {
          "name": "hosts",
          "verdict": "failed",
          "changes": [],
          "milliseconds": 8,
          "error": "two: no"
        }
      ]
    },
    {
      "name": "front",
      "role": "balancer",
      "steps": []
    }
  ]
}
)json");
}

}  // namespace
}  // namespace bramble::provision
