// SPDX-License-Identifier: Apache-2.0
#include "provision/program.hh"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLook = R"sh(
echo "architecture=$(dpkg --print-architecture)"
if [ -x "$program" ]; then
  echo "sum=$(sha256sum "$program" | cut -d ' ' -f 1)"
  echo "lacks=$(ldd "$program" 2>/dev/null | awk '/not found/ { printf "%s ", $1 }')"
fi
)sh";

// A program file here, for one architecture.
struct Build {
  std::string path;
  std::string sum;  // SHA-256
  std::uintmax_t size = 0;
};

class Program final : public Step {
 public:
  explicit Program(std::string program) : program_(std::move(program)) {}

  std::string_view name() const override { return "program"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    if (found.sum != found.build.sum)
      return std::vector<Change>{
          {fmt::format("{} {} ({}, {})", found.sum.empty() ? "install" : "replace", kProgram,
                       found.architecture, human_bytes(found.build.size))}};
    if (!found.lacks.empty())  // what the step packages may be about to bring
      return std::vector<Change>{
          {fmt::format("find the libraries that {} lacks: {}", kProgram, found.lacks)}};
    return std::vector<Change>{};
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    if (found.sum == found.build.sum && !found.lacks.empty())
      return failure(fmt::format("{}: {} lacks libraries that no package brought: {}", machine,
                                 kProgram, found.lacks));
    std::string content = TRY(read_file(found.build.path));
    return site.host(machine).put(std::string(kProgram), std::move(content), 0755);
  }

 private:
  struct Found {
    std::string architecture;
    std::string sum;  // of what is installed; "": nothing
    std::string lacks;
    Build build;  // what shall be
  };

  Result<Found> look(const Site& site, const std::string& machine) const {
    const Look look =
        TRY(Look::at(site.host(machine), fmt::format("program={}\n{}", kProgram, kLook)));
    Result<Build> build = build_for(look.value("architecture"));
    if (!build.ok()) return failure(machine + ": " + build.error().what);
    return Found{.architecture = look.value("architecture"),
                 .sum = look.value("sum"),
                 .lacks = std::string(trim(look.value("lacks"))),
                 .build = *std::move(build)};
  }

  Result<Build> build_for(const std::string& architecture) const {
    const std::lock_guard lock(mutex_);
    if (const auto known = builds_.find(architecture); known != builds_.end()) return known->second;
    Build build{.path = TRY(path_for(architecture))};
    const std::string sum = TRY(run_ok({"sha256sum", "--", build.path}));
    build.sum = sum.substr(0, sum.find(' '));
    std::error_code unknown;
    build.size = fs::file_size(build.path, unknown);
    return builds_.emplace(architecture, std::move(build)).first->second;
  }

  Result<std::string> path_for(const std::string& architecture) const {
    if (architecture == own_architecture()) return program_;
    const fs::path folder = fs::path(program_).parent_path();
    const std::string beside = folder / fmt::format("bramble-{}", architecture);
    const std::string built = (folder / ".." / architecture / "bramble").lexically_normal();
    const std::string installed = fmt::format("/usr/lib/bramble/{}/bramble", architecture);
    std::error_code unknown;
    for (const std::string& path : {beside, built, installed})
      if (fs::is_regular_file(path, unknown)) return path;
    const std::string_view how =
        architecture == "arm64" ? "run make arm64 in bramble's source, or put one" : "put one";
    return failure(fmt::format("it is {}, and there is no bramble for that here: {} at {}",
                               architecture, how, beside));
  }

  const std::string program_;
  mutable std::mutex mutex_;  // guards builds_
  mutable std::map<std::string, Build> builds_;
};

}  // namespace

std::string_view own_architecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#elif defined(__arm__)
  return "armhf";
#else
  return "other";
#endif
}

std::string running_program() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).string();
}

std::unique_ptr<Step> program_step(std::string program) {
  return std::make_unique<Program>(std::move(program));
}

}  // namespace bramble::provision
