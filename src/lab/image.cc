// SPDX-License-Identifier: Apache-2.0
#include "lab/image.hh"

#include <cstdlib>
#include <filesystem>

#include "base/clock.hh"
#include "base/file.hh"
#include "base/text.hh"
#include "lab/image_build.hh"
#include "lab/lock.hh"
#include "lab/place.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuilding = ".building";

// Images that some lab's hosts were copied from: their repository is in use.
bool in_use(const fs::path& image) {
  std::error_code none;
  for (const std::string& lab : names_in(kLabs))
    if (fs::read_symlink(fs::path(kLabs) / lab / "image", none) == image) return true;
  return false;
}

void remove_unused(const fs::path& cache, const fs::path& keep) {
  std::error_code ignored;
  for (const std::string& name : names_in(cache)) {
    const fs::path image = cache / name;
    if (fs::is_directory(image, ignored) && image != keep && !in_use(image))
      fs::remove_all(image, ignored);
  }
}

Result<void> ensure(const Recipe& recipe, const fs::path& cache, const fs::path& image,
                    Narrator& narrator) {
  std::error_code error;
  if (fs::exists(image, error)) return {};
  remove_unused(cache, image);
  const Monotonic start = SystemClock().now();
  const fs::path building = cache / kBuilding;
  fs::create_directories(building, error);
  if (error) return errno_error("mkdir " + building.string(), error.value());
  if (Result<void> built = build_image(recipe, building, narrator); !built.ok()) {
    fs::remove_all(building, error);
    return Error{.code = built.error().code,
                 .what = "the lab's image was not built: " + built.error().what};
  }
  fs::rename(building, image, error);
  if (error) return errno_error("rename " + building.string(), error.value());
  narrator.say("image: built in " + human_duration(SystemClock().now() - start) + ", kept in " +
               image.string());
  return {};
}

}  // namespace

std::string image_cache() {
  const char* home = std::getenv("XDG_CACHE_HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/bramble/lab";
  return "/var/cache/bramble/lab";
}

Result<void> link_image(const Recipe& recipe, const std::string& link, Narrator& narrator) {
  const fs::path cache = image_cache();
  const Lock lock = TRY(Lock::take(
      cache / "lock", [&] { narrator.say("image: another lab is building it, waiting"); }));
  const fs::path image = cache / recipe.fingerprint();
  TRY(ensure(recipe, cache, image, narrator));
  std::error_code error;
  fs::remove(link, error);
  fs::create_directory_symlink(image, link, error);
  if (error) return errno_error("symlink " + link, error.value());
  return {};
}

}  // namespace bramble::lab
