// SPDX-License-Identifier: Apache-2.0
#include "provision/geo_session.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace bramble::provision {
namespace {

Cluster sample() {
  Cluster cluster;
  cluster.offsite = Machine{.name = "cluster04", .address = "198.51.100.7", .role = Role::kOffsite};
  return cluster;
}

TEST(GeoSession, LiesInFilesThatBearItsName) {
  EXPECT_EQ(geo_config_file(sample()),
            "/var/lib/glusterd/geo-replication/web_cluster04_web-offsite/gsyncd.conf");
  EXPECT_EQ(geo_pid_file(sample()), "/var/run/gluster/gsyncd-web-cluster04-web-offsite.pid");
}

TEST(GeoSession, KeysRunTheOffsiteMachinesProgramsAndNothingElse) {
  const AuthorizedKeys keys{
      .nodes = {{.gsyncd = "ssh-ed25519 AAAA1 one", .tar = "ssh-ed25519 AAAA2"}},
      .gsyncd_path = "/usr/lib/aarch64-linux-gnu/glusterfs/gsyncd",
      .from = "10.77.0.0/24",
      .brick_mount = "/srv/brick"};
  EXPECT_EQ(
      authorized_keys(keys),
      "# Written by bramble: geo-replication from the nodes.\n"
      "restrict,from=\"10.77.0.0/24\",command=\"/usr/lib/aarch64-linux-gnu/glusterfs/gsyncd\" "
      "ssh-ed25519 AAAA1 one\n"
      "restrict,from=\"10.77.0.0/24\",command=\"tar ${SSH_ORIGINAL_COMMAND#* } && "
      "{ sync -f /srv/brick || sync; }\" ssh-ed25519 AAAA2\n");
}

TEST(GeoSession, HostKeysAreKnownUnderTheNameAndPort) {
  const std::string keys = "ssh-ed25519 AAAA root@raspberrypi\necdsa-sha2-nistp256 BBBB root@x\n";
  EXPECT_EQ(known_hosts("cluster04", "22", keys),
            "cluster04 ssh-ed25519 AAAA\ncluster04 ecdsa-sha2-nistp256 BBBB\n");
  EXPECT_EQ(known_hosts("cluster04", "2222", "ssh-ed25519 AAAA\n"),
            "[cluster04]:2222 ssh-ed25519 AAAA\n");
}

TEST(GeoSession, OnlySettingsThatDifferAreSet) {
  const std::vector<GeoSetting> wanted = geo_settings("22");
  std::string config = "[vars]\nstate-file = x\n";
  EXPECT_EQ(geo_settings_missing(wanted, config).size(), wanted.size() - 1) << "22 is the default";
  for (const GeoSetting& setting : wanted) config += setting.key + " = " + setting.value + "\n";
  EXPECT_TRUE(geo_settings_missing(wanted, config).empty());
  const auto moved = geo_settings_missing(geo_settings("2222"), config);
  ASSERT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved[0].key, "ssh-port");
}

TEST(GeoSession, APortThatWasChangedIsChangedBack) {
  std::string config;
  for (const GeoSetting& setting : geo_settings("2222"))
    config += setting.key + " = " + setting.value + "\n";
  const auto back = geo_settings_missing(geo_settings("22"), config);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].key, "ssh-port");
  EXPECT_EQ(back[0].value, "22");
}

TEST(GeoSession, CopiesWithTarAndNeverWithRsync) {
  EXPECT_EQ(geo_settings("22").front().key, "sync-method");
  EXPECT_EQ(geo_settings("22").front().value, "tarssh");
}

TEST(GeoSession, NeverCopiesFromTheKernelsOldPages) {
  const std::vector<GeoSetting> settings = geo_settings("22");
  const auto found = std::find_if(settings.begin(), settings.end(), [](const GeoSetting& setting) {
    return setting.key == "gluster-params";
  });
  ASSERT_NE(found, settings.end());
  EXPECT_EQ(found->value, "aux-gfid-mount acl fopen-keep-cache=off");
}

}  // namespace
}  // namespace bramble::provision
