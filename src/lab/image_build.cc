// SPDX-License-Identifier: Apache-2.0
#include "lab/image_build.hh"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "lab/mirror.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

class Build {
 public:
  Build(const Recipe& recipe, std::string folder, Narrator& narrator)
      : recipe_(recipe), folder_(std::move(folder)), narrator_(narrator) {}

  Result<void> run_all() {
    const std::string targets =
        TRY(run_ok({"apt-get", "indextargets", "--format", kIndexFormat, "Created-By: Packages"}));
    const std::vector<PackageSource> sources = package_sources(targets, recipe_.suite);
    TRY(install_base(sources.front()));
    TRY(collect_packages(sources));
    TRY(index_packages());
    TRY(finish_base());
    TRY(write_disk());
    for (const char* scaffold : {"base", "apt"}) {
      std::error_code ignored;
      fs::remove_all(at(scaffold), ignored);
    }
    return {};
  }

 private:
  std::string at(const std::string& name) const { return folder_ + '/' + name; }

  // The command with the last line of its output told as it comes.
  Result<void> told(std::vector<std::string> argv, std::string input = "") {
    const auto murmur = [this](std::string_view output) {
      const std::vector<std::string_view> all = lines(trim(output));
      if (!all.empty()) narrator_.murmur(all.back());
    };
    TRY(run_ok(Command{.argv = std::move(argv), .input = std::move(input), .on_output = murmur}));
    return {};
  }

  Result<void> isolated(std::vector<std::string> argv, std::string input = "") {
    std::vector<std::string> whole = {"setpriv", "--pdeathsig",  "KILL",
                                      "unshare", "--mount",      "--pid",
                                      "--fork",  "--kill-child", "--mount-proc"};
    whole.insert(whole.end(), argv.begin(), argv.end());
    return told(std::move(whole), std::move(input));
  }

  Result<void> install_base(const PackageSource& source) {
    narrator_.say("image: Debian " + source.release + " from " + source.uri);
    return isolated({"debootstrap", "--variant=minbase",
                     "--include=" + join(recipe_.base_packages, ","), source.release, at("base"),
                     source.uri});
  }

  std::vector<std::string> apt(std::vector<std::string> arguments) const {
    std::vector<std::string> argv = {"apt-get",
                                     "-y",
                                     "-oDir::Etc::sourcelist=" + at("apt/sources.list"),
                                     "-oDir::Etc::sourceparts=-",
                                     "-oDir::State=" + at("apt/state"),
                                     "-oDir::State::status=" + at("base/var/lib/dpkg/status"),
                                     "-oDir::Cache=" + at("apt/cache"),
                                     "-oDir::Cache::archives=" + at("repository"),
                                     "-oAPT::Sandbox::User=root",
                                     "-oAPT::Install-Recommends=false",
                                     "-oDebug::NoLocking=true"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
  }

  // The packages and what they depend on beyond the base, as apt would install them there.
  Result<void> collect_packages(const std::vector<PackageSource>& sources) {
    narrator_.say("image: the packages that hosts will install");
    std::error_code error;
    for (const char* part : {"apt/state/lists/partial", "apt/cache", "repository/partial"}) {
      fs::create_directories(at(part), error);
      if (error) return errno_error("mkdir " + at(part), error.value());
    }
    TRY(write_file(at("apt/sources.list"), sources_list(sources)));
    TRY(told(apt({"update"})));
    std::vector<std::string> install = {"--download-only", "install"};
    install.insert(install.end(), recipe_.repository_packages.begin(),
                   recipe_.repository_packages.end());
    TRY(told(apt(std::move(install))));
    fs::remove_all(at("repository/partial"), error);
    return {};
  }

  // Packages, the index that apt reads (deb822 stanzas; see apt-ftparchive(1)).
  Result<void> index_packages() {
    std::vector<fs::path> files;
    std::error_code error;
    for (const std::string& name : names_in(at("repository")))
      if (name.ends_with(".deb")) files.push_back(fs::path(at("repository")) / name);
    std::sort(files.begin(), files.end());
    std::string index;
    for (const fs::path& file : files) {
      const std::string control = TRY(run_ok({"dpkg-deb", "--field", file}));
      const std::string sum = TRY(run_ok({"sha256sum", "--", file}));
      index += control + "Filename: ./" + file.filename().string() +
               "\nSize: " + std::to_string(fs::file_size(file, error)) +
               "\nSHA256: " + sum.substr(0, sum.find(' ')) + "\n\n";
    }
    return write_file(at("repository/Packages"), index);
  }

  Result<void> finish_base() {
    narrator_.say("image: user, units, settings");
    for (const ImageFile& file : recipe_.files) {
      const fs::path path = at("base") + file.path;
      std::error_code error;
      fs::create_directories(path.parent_path(), error);
      fs::remove(path, error);  // it may be a link that points out of the base
      TRY(write_file(path, file.content, file.mode));
    }
    return isolated({"chroot", at("base"), "sh"}, recipe_.setup);
  }

  // mke2fs fills the root partition in place: no loop device, no mount.
  Result<void> write_disk() {
    narrator_.say("image: the SD card");
    const std::string disk = at("disk.img");
    const DiskLayout& layout = recipe_.disk;
    TRY(run_ok({"truncate", "--size", std::to_string(layout.image_mib) + "M", disk}));
    TRY(run_ok(Command{.argv = {"sfdisk", "--quiet", disk}, .input = layout.table()}));
    const std::string offset = std::to_string(layout.root_start_mib() << 20);
    TRY(run_ok({"mke2fs", "-q", "-t", "ext4", "-L", "rootfs", "-d", at("base"), "-E",
                "offset=" + offset + ",lazy_itable_init=0,lazy_journal_init=0", disk,
                std::to_string(layout.root_mib) + "M"}));
    return {};
  }

  const Recipe& recipe_;
  std::string folder_;
  Narrator& narrator_;
};

}  // namespace

Result<void> build_image(const Recipe& recipe, const std::string& folder, Narrator& narrator) {
  return Build(recipe, folder, narrator).run_all();
}

}  // namespace bramble::lab
