// SPDX-License-Identifier: Apache-2.0
// A file is asked for by a path, of a fake volume, under a site.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/fake_volume.hh"
#include "node/file_reply.hh"

namespace bramble {

// With a line end before each.
inline std::string fields_of(const FileReply& reply) {
  if (!reply.kept) return "\r\n" + std::string(reply.fields.text());
  const std::string_view kept = reply.kept->lined();
  return "\r\n" + std::string(kept.substr(0, kept.find("\r\n\r\n") + 2));
}

// "": there is none.
inline std::string field_of(const FileReply& reply, const std::string& name) {
  const std::string all = fields_of(reply);
  const std::size_t at = all.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return all.substr(begin, all.find("\r\n", begin) - begin);
}

class FileReplyTest : public ::testing::Test {
 protected:
  FileReplyTest() {
    volume.files["index.html"] = {.content = "<h1>home</h1>"};
    volume.files["docs/index.html"] = {.content = "docs"};
    volume.files["a b.txt"] = {.content = "0123456789"};
    volume.files["empty.css"] = {};
    volume.files["big.bin"] = {.content = std::string(100'000, 'b')};
  }

  void get(const std::string& path, http::Conditions conditions = {}, bool head = false) {
    FileQuery query{.site = &site,
                    .let_in = let_in,
                    .conditions = std::move(conditions),
                    .codings = codings,
                    .head = head,
                    .now = 1'790'000'000};
    const std::size_t mark = path.find('?');
    if (mark != std::string::npos) query.query = path.substr(mark + 1);
    ASSERT_EQ(decode_path(path.substr(0, mark), query.path), PathFault::kNone);
    look_up(volume, query, limits, reply, trouble);
  }

  bool has(std::string_view field) const {
    return fields_of(reply).find("\r\n" + std::string(field) + "\r\n") != std::string::npos;
  }

  void accept(const std::string& value) {
    const http::Field field{"Accept-Encoding", value, http::FieldName::kAcceptEncoding};
    codings = http::AcceptedCodings(std::span(&field, 1));
  }

  std::string field(const std::string& name) const { return field_of(reply, name); }

  // The realm whose password is lacking for the path.
  std::string lock(const std::string& path, std::vector<const SiteAuth*> has = {}) {
    let_in = std::move(has);
    get(path);
    EXPECT_EQ(reply.locked_by == nullptr, reply.status != 0);
    EXPECT_EQ(reply.locked_by == nullptr, reply.length > 0);
    return reply.locked_by != nullptr ? reply.locked_by->realm : "";
  }

  SiteOptions site;
  std::vector<const SiteAuth*> let_in;
  http::AcceptedCodings codings;
  CodedCache coded{1'000'000};
  FakeVolume volume;
  FileReplyLimits limits{.whole_bytes_max = 1000, .ahead_bytes = 5000};
  FileReply reply;
  std::string trouble;
};

}  // namespace bramble
