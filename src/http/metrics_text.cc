// SPDX-License-Identifier: Apache-2.0
#include "http/metrics_text.hh"

#include "base/clock.hh"

namespace bramble::http {
std::string code_class(std::size_t hundreds) {
  return hundreds == 0 ? "none" : std::to_string(hundreds) + "xx";
}

void MetricsText::histogram(std::initializer_list<std::string_view> labels,
                            const http::Distribution& all) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < all.buckets.size(); ++i) {
    text_.append(name_).append("_bucket{");
    append_labels(labels);
    if (labels.size() != 0) text_ += ',';
    count += all.buckets[i];
    if (i < http::kBucketBounds.size())
      fmt::format_to(std::back_inserter(text_), "le=\"{}\"}} {}\n",
                     in_seconds(http::kBucketBounds[i]), count);
    else
      fmt::format_to(std::back_inserter(text_), "le=\"+Inf\"}} {}\n", count);
  }
  const std::string_view open = labels.size() == 0 ? "" : "{", close = open.empty() ? "" : "}";
  text_.append(name_).append("_sum").append(open);
  append_labels(labels);
  fmt::format_to(std::back_inserter(text_), "{} {}\n{}_count{}", close, in_seconds(all.sum), name_,
                 open);
  append_labels(labels);
  fmt::format_to(std::back_inserter(text_), "{} {}\n", close, count);
}

void MetricsText::append_labels(std::initializer_list<std::string_view> labels) {
  for (auto label = labels.begin(); label != labels.end(); label += 2) {
    if (label != labels.begin()) text_ += ',';
    text_.append(label[0]).append("=\"");
    for (const char c : label[1]) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c == '\n' ? ' ' : c;
    }
    text_ += '"';
  }
}

}  // namespace bramble::http
