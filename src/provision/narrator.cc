// SPDX-License-Identifier: Apache-2.0
#include "provision/narrator.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <vector>

#include "base/clock.hh"
#include "base/terminal.hh"
#include "base/text.hh"

namespace bramble::provision {
namespace {

constexpr int kOut = STDERR_FILENO;

void write_out(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

std::size_t widest_name(const Cluster& cluster) {
  std::size_t widest = 0;
  for (const Machine& machine : cluster.machines()) widest = std::max(widest, machine.name.size());
  return widest;
}

Colour colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return Colour::kDim;
    case Verdict::kChanged:
      return Colour::kGreen;
    case Verdict::kWouldChange:
      return Colour::kYellow;
    default:
      return Colour::kRed;
  }
}

// "cluster01  packages        changed   12.1 s  install the packages …"
class PlainNarrator final : public Progress {
 public:
  explicit PlainNarrator(std::size_t name_width) : name_width_(name_width) {}
  void begins(const std::string&, std::string_view) override {}
  void waits(const std::string&, std::string_view) override {}
  void ends(const StepReport& report) override {
    std::vector<std::string> what;
    for (const Change& change : report.changes) what.push_back(change.what);
    write_out(fmt::format("{:<{}}  {:<14}  {:<12}  {:>7}  {}\n", report.machine, name_width_,
                          report.step, word(report.verdict), human_duration(report.took),
                          report.error.empty() ? join(what, "; ") : report.error));
  }

 private:
  const std::size_t name_width_;
};

// One line a machine, written over again and again.
class LiveNarrator final : public Progress {
 public:
  explicit LiveNarrator(const Cluster& cluster)
      : name_width_(widest_name(cluster)),
        columns_(terminal_columns(kOut)),
        colour_(colour_wanted(kOut)) {
    for (const Machine& machine : cluster.machines()) {
      rows_.emplace(machine.name, Row{});
      order_.push_back(machine.name);
    }
  }
  ~LiveNarrator() override { draw(); }

  void begins(const std::string& machine, std::string_view step) override {
    set(machine, fmt::format("{} …", step), Colour::kBold);
  }
  void waits(const std::string& machine, std::string_view step) override {
    set(machine, fmt::format("waits for the others before {}", step), Colour::kDim);
  }
  void ends(const StepReport& report) override {
    Row& row = rows_.at(report.machine);
    ++row.done;
    if (report.verdict == Verdict::kChanged) ++row.changed;
    const bool failed = report.verdict == Verdict::kFailed;
    set(report.machine,
        failed ? fmt::format("{} failed: {}", report.step, report.error)
               : fmt::format("{} {}", report.step, word(report.verdict)),
        colour_of(report.verdict));
  }

 private:
  struct Row {
    std::size_t done = 0;
    std::size_t changed = 0;
    std::string text;
    Colour colour = Colour::kPlain;
  };

  void set(const std::string& machine, std::string text, Colour colour) {
    Row& row = rows_.at(machine);
    row.text = std::move(text);
    row.colour = colour;
    draw();
  }

  void draw() {
    std::string text;
    if (drawn_) text += fmt::format("\x1b[{}A", order_.size());
    for (const std::string& name : order_) {
      const Row& row = rows_.at(name);
      const std::string head = fmt::format("{:<{}}  {:>2} done, {:>2} changed  ", name, name_width_,
                                           row.done, row.changed);
      const std::size_t room = columns_ > head.size() ? columns_ - head.size() : 0;
      text += "\r\x1b[K" + head + paint(cut(row.text, room), row.colour, colour_) + "\n";
    }
    write_out(text);
    drawn_ = true;
  }

  // The first so many characters of UTF-8, of the first line.
  static std::string cut(const std::string& text, std::size_t characters) {
    std::size_t at = 0;
    for (; at < text.size() && text[at] != '\n'; ++at)
      if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && characters-- == 0) break;
    return text.substr(0, at);
  }

  const std::size_t name_width_;
  const std::size_t columns_;
  const bool colour_;
  std::map<std::string, Row> rows_;
  std::vector<std::string> order_;
  bool drawn_ = false;
};

}  // namespace

std::unique_ptr<Progress> make_narrator(const Cluster& cluster) {
  if (can_be_redrawn(kOut)) return std::make_unique<LiveNarrator>(cluster);
  return std::make_unique<PlainNarrator>(widest_name(cluster));
}

}  // namespace bramble::provision
