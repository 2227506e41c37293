// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.hh"

#include <gtest/gtest.h>

#include <vector>

namespace bramble {
namespace {

using Outcome = ProxyHeader::Outcome;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string v2(const std::string& rest) { return kSignature + rest; }

// Command and family, then what follows with its length.
std::string v2(char command, char family, const std::string& rest) {
  const auto size = static_cast<unsigned char>(rest.size());
  return kSignature + command + family + '\0' + static_cast<char>(size) + rest;
}

const std::string kTcp4("\xcb\x00\x71\x09\xc6\x33\x64\x09\xc8\x22\x00\x50", 12);
const std::string kTcp6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01" +
                          std::string(15, '\0') + "\x02" + std::string("\xc8\x22\x00\x50", 4);

struct Good {
  std::string bytes;
  std::string source;  // "": it speaks for itself
};

std::vector<Good> good() {
  return {
      {"PROXY TCP4 203.0.113.9 198.51.100.9 51234 80\r\n", "203.0.113.9:51234"},
      {"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0:0"},
      {"PROXY TCP6 2001:db8::1 ::2 51234 80\r\n", "[2001:db8::1]:51234"},
      {"PROXY UNKNOWN\r\n", ""},
      {"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", ""},
      {v2('\x21', '\x11', kTcp4), "203.0.113.9:51234"},
      {v2('\x21', '\x21', kTcp6), "[2001:db8::1]:51234"},
      {v2('\x21', '\x11', kTcp4 + std::string("\x04\x00\x01x", 4)), "203.0.113.9:51234"},
      {v2('\x20', '\x00', ""), ""},
      {v2('\x20', '\x11', kTcp4), ""},
      {v2('\x21', '\x00', ""), ""},
      {v2('\x21', '\x31', std::string(20, 'x')), ""},
      {v2('\x21', '\x12', kTcp4), ""},
  };
}

TEST(ProxyHeader, IsReadWhereverItIsCut) {
  for (const Good& each : good()) {
    const std::string all = each.bytes + "GET / HTTP/1.1\r\n";
    for (std::size_t cut = 0; cut < each.bytes.size(); ++cut)
      EXPECT_EQ(parse_proxy_header(std::string_view(all).substr(0, cut)).outcome, Outcome::kMore)
          << testing::PrintToString(each.bytes) << " at " << cut;
    for (std::size_t cut = each.bytes.size(); cut <= all.size(); ++cut) {
      const ProxyHeader header = parse_proxy_header(std::string_view(all).substr(0, cut));
      EXPECT_EQ(header.outcome, Outcome::kDone);
      EXPECT_EQ(header.bytes, each.bytes.size());
      EXPECT_EQ(header.source ? header.source->text() : "", each.source);
    }
  }
}

std::vector<std::string> broken() {
  return {
      "GET / HTTP/1.1\r\n",
      "proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
      "PROXY\r\n",
      "PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
      "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n",
      "PROXY UNKNOWNX\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n",
      "PROXY TCP4 1.2.3.4  1.2.3.4 1 1\r\n",
      "PROXY TCP4 1.2.3.4\t1.2.3.4 1 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n",
      "PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n",
      "PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n",
      "PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n",
      "PROXY TCP4 ::1 1.2.3.4 1 1\r\n",
      "PROXY TCP6 1.2.3.4 ::1 1 1\r\n",
      "PROXY TCP6 ::g ::1 1 1\r\n",
      "PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n",
      "PROXY TCP4 " + std::string(200, '1') + "\r\n",
      "PROXY UNKNOWN " + std::string(100, 'x') + "\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 1" + std::string(1, '\0') + "\r\n",
      v2("\x31\x11"),
      v2("\x22\x11"),
      v2("\x11\x11"),
      v2('\x21', '\x11', kTcp4.substr(1)),
      v2('\x21', '\x21', kTcp6.substr(1)),
      v2('\x21', '\x11', ""),
      v2(std::string("\x21\x11\xff\xff", 4)),
      "\r\n\r\nGET / HTTP/1.1\r\n",
  };
}

TEST(ProxyHeader, IsRefusedWhereverItIsCut) {
  for (const std::string& bytes : broken()) {
    EXPECT_EQ(parse_proxy_header(bytes).outcome, Outcome::kBad) << testing::PrintToString(bytes);
    bool was_bad = false;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      const Outcome outcome = parse_proxy_header(std::string_view(bytes).substr(0, cut)).outcome;
      EXPECT_NE(outcome, Outcome::kDone) << testing::PrintToString(bytes) << " at " << cut;
      EXPECT_FALSE(was_bad && outcome != Outcome::kBad) << "a fault stays one";
      was_bad = outcome == Outcome::kBad;
    }
  }
}

TEST(ProxyHeader, ReadsWhatItWrites) {
  const Address v4 = parse_address("203.0.113.9:51234").value();
  const Address v6 = parse_address("[2001:db8::1]:51234").value();
  const Address hidden = parse_address("[::ffff:203.0.113.9]:51234").value();
  for (const ProxyVersion version : {ProxyVersion::kV1, ProxyVersion::kV2}) {
    const auto read = [&](std::optional<Address> source, const Address& destination) {
      std::string out;
      append_proxy_header(out, version, source, destination);
      const ProxyHeader header = parse_proxy_header(out);
      EXPECT_EQ(header.outcome, Outcome::kDone) << testing::PrintToString(out);
      EXPECT_EQ(header.bytes, out.size());
      return header.source ? header.source->text() : "";
    };
    EXPECT_EQ(read(v4, v4), "203.0.113.9:51234");
    EXPECT_EQ(read(v6, v6), "[2001:db8::1]:51234");
    EXPECT_EQ(read(hidden, v4), "203.0.113.9:51234");
    EXPECT_EQ(read(v4, v6), "") << "no header can say that";
    EXPECT_EQ(read(std::nullopt, v4), "");
  }
}

}  // namespace
}  // namespace bramble
