// SPDX-License-Identifier: Apache-2.0
#include "node/compress.hh"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

namespace bramble {
namespace {

std::string text_of(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += "line " + std::to_string(i) + "\n";
  text.resize(bytes);
  return text;
}

std::string unzip(const std::string& coded, std::size_t bytes) {
  std::string text(bytes + 1, '\0');
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  stream.avail_in = static_cast<uInt>(coded.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

std::string unbrotli(const std::string& coded, std::size_t bytes) {
  std::string text(bytes + 1, '\0');
  std::size_t got = text.size();
  EXPECT_EQ(
      ::BrotliDecoderDecompress(coded.size(), reinterpret_cast<const std::uint8_t*>(coded.data()),
                                &got, reinterpret_cast<std::uint8_t*>(text.data())),
      BROTLI_DECODER_RESULT_SUCCESS);
  text.resize(got);
  return text;
}

std::string unzstd(const std::string& coded, std::size_t bytes) {
  std::string text(bytes + 1, '\0');
  const std::size_t got = ::ZSTD_decompress(text.data(), text.size(), coded.data(), coded.size());
  EXPECT_EQ(::ZSTD_isError(got), 0U);
  text.resize(got);
  return text;
}

TEST(Compress, IsUndoneByTheLibraries) {
  for (const std::size_t bytes : {256U, 10'000U, 1'000'000U}) {
    const std::string text = text_of(bytes);
    const auto coded = [&text](http::ContentCoding coding) {
      const std::optional<std::string> made = compress(text, coding);
      EXPECT_TRUE(made && made->size() < text.size());
      return made.value_or("");
    };
    EXPECT_TRUE(unzip(coded(http::ContentCoding::kGzip), bytes) == text);
    EXPECT_TRUE(unbrotli(coded(http::ContentCoding::kBrotli), bytes) == text);
    EXPECT_TRUE(unzstd(coded(http::ContentCoding::kZstd), bytes) == text);
  }
}

TEST(Compress, WhatGetsNoShorterIsLeft) {
  std::mt19937 random(1);
  std::string noise(5000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const auto coding :
       {http::ContentCoding::kGzip, http::ContentCoding::kBrotli, http::ContentCoding::kZstd}) {
    EXPECT_FALSE(compress(noise, coding)) << name_of(coding);
    EXPECT_FALSE(compress("", coding));
    EXPECT_FALSE(compress("ab", coding));
  }
}

}  // namespace
}  // namespace bramble
