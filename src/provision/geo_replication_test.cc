// SPDX-License-Identifier: Apache-2.0
#include "provision/geo_replication.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/geo_session.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kHostKey = "ssh-ed25519 HOSTKEY";
constexpr std::string_view kGsyncd = "/usr/lib/x86_64-linux-gnu/glusterfs/gsyncd";

// Three nodes and an off-site machine, between which a session runs as it shall.
class Session {
 public:
  Session() {
    cluster_.nodes = {{.name = "n1"}, {.name = "n2"}, {.name = "n3"}};
    cluster_.offsite = Machine{.name = "away", .address = "", .role = Role::kOffsite};
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (const Machine& machine : cluster_.machines()) {
      auto host = std::make_unique<FakeHost>(machine.name);
      hosts_[machine.name] = host.get();
      const bool node = machine.role == Role::kNode;
      host->react("section gsyncd", [this, node, name = machine.name](const Script&) {
        const bool knows = forgetful != "all" && name != forgetful && name != anew;
        return Outcome{.out =
                           node ? node_look(knows, name == anew ? "" : volume_id) : offsite_look()};
      });
      hosts.emplace(machine.name, std::move(host));
    }
    hosts_["away"]->react(".bramble-new", [this](const Script& put) {
      if (put.text.find("georep-home") != std::string::npos) home = std::string(trim(put.input));
      return Outcome{};
    });
    hosts_["n1"]->answer("random/uuid", "TOKEN\n").react(".bramble-new", [this](const Script& put) {
      proof = put.input;
      return Outcome{};
    });
    hosts_["n1"]->react("rm -f /var/lib/bramble/georep-proven", [this](const Script&) {
      proof = "";
      return Outcome{};
    });
    hosts_["away"]->react("seq 240",
                          [this](const Script&) { return Outcome{.status = arrives ? 0 : 1}; });
    hosts_["n1"]->react("tail -n 3", [this](const Script&) { return Outcome{.out = status}; });
    for (const auto& [name, host] : hosts_) host->answer("", "");
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }

  Result<std::vector<Change>> changes() const { return geo_replication_step()->plan(*site_, "n1"); }
  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const Result<std::vector<Change>> found = changes();
    for (const Change& change : *found) all.push_back(change.what);
    return all;
  }
  Result<void> apply() const { return geo_replication_step()->apply(*site_, "n1"); }
  std::string asked(const std::string& host, std::string_view piece) const {
    for (const Script& script : hosts_.at(host)->asked())
      if (script.text.find(piece) != std::string::npos) return script.text;
    return "";
  }

  std::string volume_id = "id-of-web";
  std::string noted;  // in gsyncd.conf
  std::string monitor = "running";
  std::string authorized = keys();
  std::string proof, probe, status;
  std::string home = "id-of-web", content;  // off-site: whose copy, and what there is
  std::string forgetful;                    // a node that does not know of the session
  std::string anew;                         // one that was installed anew
  bool arrives = true;

 private:
  static std::string keys() {
    const GeoKeys one{.gsyncd = "ssh-ed25519 G", .tar = "ssh-ed25519 T"};
    return authorized_keys({.nodes = {one, one, one},
                            .gsyncd_path = std::string(kGsyncd),
                            .from = std::string(kTunnelNetwork),
                            .brick_mount = brick_mount({})});
  }
  std::string node_look(bool knows_the_session, const std::string& volume) const {
    std::string config = knows_the_session ? "[vars]\n" : "";
    for (const GeoSetting& setting : geo_settings("22"))
      if (knows_the_session) config += fmt::format("{} = {}\n", setting.key, setting.value);
    if (knows_the_session && !noted.empty()) config += "stime-xattr-prefix = " + noted + "\n";
    return fmt::format(
        "@@ gsyncd\nssh-ed25519 G\n@@ tar\nssh-ed25519 T\n@@ known\n{}@@ config\n{}"
        "@@ monitor\n{}\n@@ volume\n{}\n@@ proof\n{}@@ status\n{}\n",
        known_hosts("away", "22", std::string(kHostKey)), config, monitor, volume, proof, status);
  }
  std::string offsite_look() const {
    return fmt::format(
        "@@ gsyncd\n{}\n@@ port\n22\n@@ hostkeys\n{}\n@@ authorized\n{}@@ volume\nid-there\n"
        "@@ probe\n{}\n@@ home\n{}\n@@ content\n{}\n",
        kGsyncd, kHostKey, authorized, probe, home, content);
  }

  Cluster cluster_;
  std::map<std::string, FakeHost*> hosts_;
  std::unique_ptr<Site> site_;
};

TEST(GeoReplicationStep, IsDoneOnceAProbeArrivedOffsite) {
  Session session;
  EXPECT_THAT(session.plan(), ElementsAre("prove that files arrive on away"));
  ASSERT_TRUE(session.apply().ok());
  EXPECT_EQ(session.proof,
            "session=web id-of-web geoaccount@away::web-offsite id-there\ntoken=TOKEN\n"
            "state=arrived\n");
  EXPECT_THAT(session.plan(), IsEmpty());
}

TEST(GeoReplicationStep, ProvesAgainWhatWasNotProven) {
  Session session;
  session.arrives = false;
  session.status = "n1 web /srv/brick/web geoaccount Faulty N/A N/A";
  const Result<void> applied = session.apply();
  ASSERT_FALSE(applied.ok());
  EXPECT_THAT(applied.error().what,
              AllOf(HasSubstr("did not arrive at away within a minute"), HasSubstr("Faulty")));
  EXPECT_THAT(session.plan(), ElementsAre("prove that files arrive on away"));
}

TEST(GeoReplicationStep, AProofEndsWhereTheSessionChanges) {
  Session session;
  ASSERT_TRUE(session.apply().ok());
  session.monitor = "";
  session.arrives = false;
  EXPECT_FALSE(session.apply().ok());
  session.monitor = "running";  // it was started, but nothing arrives
  EXPECT_THAT(session.plan(), ElementsAre("prove that files arrive on away"));
}

TEST(GeoReplicationStep, AProofIsForOneVolume) {
  Session session;
  ASSERT_TRUE(session.apply().ok());
  session.volume_id = session.home = "id-of-another-web";
  EXPECT_THAT(session.plan(), ElementsAre("prove that files arrive on away"));
}

TEST(GeoReplicationStep, BeginsAnewWhereTheOffsiteVolumeIsAnotherOneUnderItsName) {
  Session session;
  session.noted = "trusted.glusterfs.id-of-web.id-there";
  ASSERT_TRUE(session.apply().ok());
  EXPECT_THAT(session.plan(), IsEmpty());
  EXPECT_THAT(session.asked("n1", " stop force"), IsEmpty());
  session.noted = "trusted.glusterfs.id-of-web.id-before";
  EXPECT_THAT(session.plan(),
              ElementsAre("start geo-replication anew, from the beginning: away has "
                          "another volume than it was begun with"));
  ASSERT_TRUE(session.apply().ok());
  EXPECT_THAT(session.asked("n1", " stop force"), Not(IsEmpty()));
  EXPECT_THAT(session.asked("n1", " start force"), Not(IsEmpty()));
}

TEST(GeoReplicationStep, WaitsForTheProbeWhileAFirstCopyIsUnderWay) {
  Session session;
  session.arrives = false;
  session.status = "n1 web /srv/brick/web geoaccount Active Hybrid Crawl N/A";
  ASSERT_TRUE(session.apply().ok());
  EXPECT_THAT(session.plan(), IsEmpty());
  session.status = "n1 web /srv/brick/web geoaccount Faulty N/A N/A";
  EXPECT_THAT(session.plan(), ElementsAre("prove that files arrive on away"));
  session.probe = "TOKEN";
  EXPECT_THAT(session.plan(), IsEmpty());
}

TEST(GeoReplicationStep, WritesTheAccountsKeysAsTheAccountAndNeverAsRoot) {
  Session session;
  session.authorized = "";
  ASSERT_TRUE(session.apply().ok());
  const std::string script = session.asked("away", "authorized_keys.new");
  EXPECT_THAT(script, HasSubstr("runuser -u \"$user\" -- "));
  EXPECT_THAT(script.substr(0, script.find("runuser")), Not(HasSubstr("authorized_keys")));
  EXPECT_THAT(script, Not(HasSubstr("chown")));
}

TEST(GeoReplicationStep, ThePlanForAFirstNodeThatIsInstalledAnewKnowsTheVolumeByTheOthers) {
  Session session;
  session.anew = "n1";
  session.noted = "trusted.glusterfs.id-of-web.id-there";
  session.content = "img\nindex.html";
  EXPECT_THAT(session.plan(), testing::Contains(HasSubstr("replicate web to ")));
}

// As after a fire: the nodes are new, and what is off-site is all there is.
TEST(GeoReplicationStep, DoesNotReplicateANewVolumeOverTheCopyOfALostOne) {
  for (const char* note : {"id-of-a-lost-web", ""}) {
    Session session;
    session.forgetful = "all";
    session.home = note;
    session.content = "img\nindex.html";
    const Result<std::vector<Change>> plan = session.changes();
    ASSERT_FALSE(plan.ok());
    EXPECT_THAT(plan.error().what,
                HasSubstr("away has files (img, index.html) that are no copy of this volume web"));
    EXPECT_THAT(session.apply().error().what, HasSubstr("move /srv/brick/web away"));
    EXPECT_THAT(session.asked("n1", "create no-verify"), IsEmpty());
    session.volume_id = "";  // it is about to be made
    EXPECT_THAT(session.plan(),
                ElementsAre("leave away, which has other files (img, index.html), as it is"));
    session.volume_id = "id-of-web";
    session.content = "";
    EXPECT_THAT(session.plan(), testing::Contains(HasSubstr("replicate web to ")));
  }
}

TEST(GeoReplicationStep, KnowsTheCopyOfItsVolumeAgain) {
  Session session;
  session.content = "index.html";
  session.home = "";  // an older program wrote no note
  EXPECT_THAT(session.plan(), testing::Contains("note on away that it has the copy of web"));
  ASSERT_TRUE(session.apply().ok());
  EXPECT_EQ(session.home, "id-of-web");
  EXPECT_THAT(session.plan(), IsEmpty());
  session.forgetful = "all";
  EXPECT_THAT(session.plan(), testing::Contains(HasSubstr("replicate web to ")));
}

TEST(GeoReplicationStep, TellsANodeThatWasInstalledAnewOfTheSession) {
  Session session;
  session.forgetful = "n2";
  EXPECT_THAT(session.plan(), testing::Contains("replicate web to geoaccount@away::web-offsite"));
  ASSERT_TRUE(session.apply().ok());
  EXPECT_THAT(session.asked("n1", " stop force"), Not(IsEmpty())) << "it runs on the others";
  EXPECT_THAT(session.asked("n1", "create no-verify force"), Not(IsEmpty()));
  EXPECT_THAT(session.asked("n2", "set_one sync-method"), Not(IsEmpty()));
  EXPECT_THAT(session.asked("n1", " start force"), Not(IsEmpty()));
}

}  // namespace
}  // namespace bramble::provision
