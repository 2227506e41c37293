// SPDX-License-Identifier: Apache-2.0
#include "lab/disk.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "lab/wait.hh"

namespace bramble::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesMax = 100;  // others take free loop devices, too
constexpr std::chrono::seconds kDetachMax{20};

Result<UniqueFd> open_device(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return errno_error("open " + path);
  return fd;
}

// PARTSCAN also makes the kernel forget the partitions when the device is detached.
loop_config configuration(int image) {
  loop_config config = {};
  config.fd = static_cast<__u32>(image);
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN;
  return config;
}

Result<LoopDisk> attach_to_free_loop(const UniqueFd& image, const std::string& path) {
  const UniqueFd control = TRY(open_device("/dev/loop-control"));
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return errno_error("LOOP_CTL_GET_FREE");
    std::string device = "/dev/loop" + std::to_string(number);
    UniqueFd loop = TRY(open_device(device));
    const loop_config config = configuration(image.get());
    if (::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0)
      return LoopDisk{std::move(loop), std::move(device)};
    if (errno != EBUSY) return errno_error(fmt::format("LOOP_CONFIGURE {} for {}", device, path));
  }
  return failure("no loop device stayed free long enough to attach " + path);
}

std::optional<dev_t> device_number(const fs::path& of) {
  const Result<std::string> text = read_file(of / "dev");
  if (!text.ok()) return std::nullopt;
  const std::vector<std::string_view> pair = split(trim(*text), ':');
  if (pair.size() != 2) return std::nullopt;
  const auto major_number = parse_number(pair[0]);
  const auto minor_number = parse_number(pair[1]);
  if (!major_number || !minor_number) return std::nullopt;
  return makedev(static_cast<unsigned>(*major_number), static_cast<unsigned>(*minor_number));
}

}  // namespace

Result<LoopDisk> attach(const std::string& image) {
  const UniqueFd file = TRY(open_device(image));
  LoopDisk disk = TRY(attach_to_free_loop(file, image));
  TRY(run_ok({"partx", "--update", disk.device}));
  return disk;
}

std::string partition(const std::string& device, int number) {
  return device + 'p' + std::to_string(number);
}

std::optional<std::string> loop_of(const std::string& image) {
  for (const std::string& name : names_in("/sys/block"))
    if (trim(content_of("/sys/block/" + name + "/loop/backing_file")) == image) return name;
  return std::nullopt;
}

Result<void> wait_detached(const std::string& image) {
  if (wait_regardless(kDetachMax, [&] { return !loop_of(image); })) return {};
  return failure("/dev/" + loop_of(image).value_or("loop") + " still holds " + image +
                 ": see what uses it with fuser -vm");
}

std::vector<dev_t> device_numbers(const std::string& loop) {
  std::vector<dev_t> numbers;
  const fs::path folder = fs::path("/sys/block") / loop;
  if (const auto whole = device_number(folder)) numbers.push_back(*whole);
  for (const std::string& name : names_in(folder))
    if (name.starts_with(loop + 'p'))
      if (const auto part = device_number(folder / name)) numbers.push_back(*part);
  return numbers;
}

}  // namespace bramble::lab
