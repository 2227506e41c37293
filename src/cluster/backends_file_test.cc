// SPDX-License-Identifier: Apache-2.0
#include "cluster/backends_file.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

std::string faults_of_backends(std::string_view text) {
  Faults faults;
  (void)parse_backends(text, faults);
  std::string all;
  for (const Fault& fault : faults)
    all += std::to_string(fault.at.line) + ":" + std::to_string(fault.at.column) + ": " +
           fault.what + "\n";
  return all;
}

TEST(BackendsFile, IsReadWhole) {
  Faults faults;
  const BackendsFile file = parse_backends(R"(listen = ["0.0.0.0:80"]
[[backend]]
name = "web1"
address = "10.0.0.11:80"
weight = 3
[[backend]]
address = "example.org:8080"
backup = true
)",
                                           faults);
  ASSERT_TRUE(faults.empty());
  EXPECT_EQ(file.listen, std::vector<std::string>{"0.0.0.0:80"});
  ASSERT_EQ(file.backends.size(), 2U);
  EXPECT_EQ(file.backends[0].name, "web1");
  EXPECT_EQ(file.backends[0].weight, 3);
  EXPECT_FALSE(file.backends[0].backup);
  EXPECT_EQ(file.backends[1].name, "example.org:8080") << "the address, where it has no name";
  EXPECT_TRUE(file.backends[1].backup);
}

TEST(BackendsFile, TellsEachFaultWithItsPlace) {
  EXPECT_EQ(faults_of_backends("[[backend]]\naddress = \"10.0.0.11\"\n"),
            "2:11: bad backend \"10.0.0.11\": HOST:PORT like \"10.0.0.11:80\" is needed\n");
  EXPECT_EQ(faults_of_backends("[[backend]]\naddress = \"a:1\"\nweight = 0\n"),
            "3:10: \"weight\" must be from 1 to 1000, not 0\n");
  EXPECT_EQ(faults_of_backends("[[backend]]\naddress = \"a:1\"\nwieght = 2\n").substr(0, 4),
            "3:1:");
  EXPECT_NE(faults_of_backends("[[backend]]\nname = \"x\"\n").find("lacks \"address\""),
            std::string::npos);
  EXPECT_NE(faults_of_backends("listen = []\n").find("lacks \"backend\""), std::string::npos);
}

TEST(BackendsFile, TellsWhatIsNoPlaceOfABackend) {
  const auto told = [](const std::string& address) {
    return faults_of_backends("[[backend]]\naddress = \"" + address + "\"\n");
  };
  for (const char* good :
       {"a:1", "[::1]:80", "shop_7.local:65535", "caf\xc3\xa9.local:80", "10.0.0.1:080"})
    EXPECT_EQ(told(good), "") << good;
  EXPECT_EQ(told("http://10.0.0.1:80"),
            "2:11: bad backend \"http://10.0.0.1:80\": leave the scheme away, it is HTTP\n");
  EXPECT_EQ(told("::1:1"),
            "2:11: bad backend \"::1:1\": write an IPv6 address in brackets, [::1]:80\n");
  for (const char* bad :
       {"", ":80", "a", "a:", "a:0", "a:65536", "a:80/", "a b:80", "[::1:80", "::1]:80"})
    EXPECT_TRUE(told(bad).starts_with("2:11: ")) << bad;
}

TEST(BackendsFile, ListensByEitherKindOfAddress) {
  const auto told = [](const std::string& listen) {
    return faults_of_backends("listen = [\"" + listen + "\"]\n[[backend]]\naddress = \"a:1\"\n");
  };
  for (const char* good : {"0.0.0.0:80", "[::]:80", "[2001:db8::1]:8080"})
    EXPECT_EQ(told(good), "");
  for (const char* bad : {"80", "[::]", "[::1:80", "[::]:0", "example.org:80"})
    EXPECT_TRUE(told(bad).starts_with("1:11: bad listen address ")) << bad << told(bad);
}

TEST(BackendsFile, TakesANameOnce) {
  EXPECT_EQ(faults_of_backends("[[backend]]\nname = \"a\"\naddress = \"a:1\"\n"
                               "[[backend]]\nname = \"a\"\naddress = \"b:1\"\n"),
            "4:1: the name \"a\" is taken already in line 1\n");
}

TEST(BackendsFile, OfAFolderSaysWhatIsMissing) {
  const Result<BackendsFile> file = load_backends("/nowhere/backends.toml");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().what.find("/nowhere/backends.toml"), std::string::npos);
}

}  // namespace
}  // namespace bramble
