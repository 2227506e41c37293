// SPDX-License-Identifier: Apache-2.0
// Writes what is counted as Prometheus reads it (text format 0.0.4).
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "http/histogram.hh"

namespace bramble::http {

inline constexpr std::string_view kMetricsFields =
    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n";

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

// "2xx"; "none" for 0.
std::string code_class(std::size_t hundreds);

class MetricsText {
 public:
  void describe(const Metric& metric) {
    name_ = metric.name;
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name,
                   metric.help, metric.type);
  }
  template <typename Value>
  void sample(Value value) {
    fmt::format_to(std::back_inserter(text_), "{} {}\n", name_, value);
  }
  // Labels in pairs: name, value.
  template <typename Value>
  void sample(std::initializer_list<std::string_view> labels, Value value) {
    text_.append(name_) += '{';
    append_labels(labels);
    fmt::format_to(std::back_inserter(text_), "}} {}\n", value);
  }
  void histogram(std::initializer_list<std::string_view> labels, const Distribution& all);
  template <typename Value>
  void one(const Metric& metric, Value value) {
    describe(metric);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  void append_labels(std::initializer_list<std::string_view> labels);

  std::string_view name_;
  std::string text_;
};

}  // namespace bramble::http
