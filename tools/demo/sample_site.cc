// SPDX-License-Identifier: Apache-2.0
#include "demo/sample_site.hh"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <random>

#include "base/file.hh"

namespace bramble::demo {
namespace {

constexpr int kPictures = 6;

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{0}</title>
<link rel="stylesheet" href="style.css">
<nav><a href="./">Home</a> <a href="gallery.html">Gallery</a> <a href="about.html">About</a></nav>
<h1>{0}</h1>
{1}
</html>
)",
                     title, body);
}

// Asks for this page again and again, and draws which node answered.
constexpr std::string_view kHome =
    R"(<p>This page lies on three machines at home, and a copy far away.</p>
<p>Of <b id="total">0</b> requests: <span id="spread"></span></p>
<p><a href="large.bin">A file of 64 MB</a></p>
<script>
const counts = {};
async function ask() {
  const answer = await fetch("style.css", { cache: "no-store" });
  const node = answer.headers.get("X-Served-By");
  counts[node] = (counts[node] || 0) + 1;
  const names = Object.keys(counts).sort();
  document.getElementById("total").textContent = names.reduce((sum, n) => sum + counts[n], 0);
  document.getElementById("spread").textContent = names.map((n) => `${n} ${counts[n]}`).join(", ");
}
setInterval(ask, 250);
</script>)";

constexpr std::string_view kStyle =
    R"(body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 44rem; padding: 0 1rem; }
nav a { margin-right: 1rem; }
img { width: 32%; }
)";

// A bramble's berry: a rose curve with a different number of petals each.
std::string picture(int number) {
  constexpr int kPoints = 720;
  std::string path;
  for (int i = 0; i <= kPoints; ++i) {
    const double angle = 2 * std::numbers::pi * i / kPoints;
    const double radius = 90 * std::abs(std::cos((number + 2) * angle / 2));
    path += fmt::format("{}{:.1f} {:.1f} ", i == 0 ? 'M' : 'L', 100 + radius * std::cos(angle),
                        100 + radius * std::sin(angle));
  }
  return fmt::format(R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">
<path d="{}" fill="hsl({} 60% 45%)"/></svg>
)svg",
                     path, 280 + 15 * number);
}

// Other bytes at every run, so that those of an earlier one prove nothing; and nothing that a
// compressor or a sparse file could shorten.
std::string large_file() {
  std::random_device seed;
  std::mt19937_64 random((std::uint64_t{seed()} << 32) | seed());
  std::string bytes(kLargeFileBytes, '\0');
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    bytes.replace(at, sizeof word, reinterpret_cast<const char*>(&word), sizeof word);
  }
  return bytes;
}

}  // namespace

Result<void> write_sample_site(const std::string& folder) {
  std::string gallery;
  for (int number = 1; number <= kPictures; ++number) {
    const std::string name = fmt::format("berry{}.svg", number);
    TRY(write_file(folder + "/" + name, picture(number)));
    gallery += fmt::format("<img src=\"{}\" alt=\"berry {}\">\n", name, number);
  }
  TRY(write_file(folder + "/index.html", page("It grows", kHome)));
  TRY(write_file(folder + "/gallery.html", page("Gallery", gallery)));
  TRY(write_file(folder + "/about.html",
                 page("About", "<p>Served by a bramble: GlusterFS, WireGuard, and one file.</p>")));
  TRY(write_file(folder + "/style.css", kStyle));
  return write_file(folder + "/" + kLargeFile, large_file());
}

}  // namespace bramble::demo
