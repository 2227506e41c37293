# SPDX-License-Identifier: Apache-2.0
# Fresh Debian 12:
#   make demo   a whole cluster on this machine, provisioned, published and proven
#   make test   every test: unit, black-box, and system tests on booted hosts
# Each installs the Debian packages that it lacks, builds and runs; as root, or through sudo. Both
# may be run again at any time, and beside each other.

PRESET ?= release
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
LOCKED := flock build/.lock

BUILD_PACKAGES := cmake ninja-build g++ pkg-config libtomlplusplus-dev libcli11-dev libfmt-dev \
  nlohmann-json3-dev libboost-dev libssl-dev libgtest-dev libgmock-dev libbenchmark-dev libglusterfs-dev tzdata \
  zlib1g-dev libbrotli-dev libzstd-dev libcrypt-dev
LAB_PACKAGES := debootstrap dpkg-dev systemd-container nftables iproute2 openssh-client xfsprogs \
  e2fsprogs fdisk util-linux kmod curl
SANITIZE_PACKAGES := clang-16 libclang-rt-16-dev
LINT_PACKAGES := clang-16 clang-format-16 clang-tidy-16
ARM64_PACKAGES := g++-aarch64-linux-gnu libfmt-dev:arm64 libtomlplusplus-dev:arm64 libssl-dev:arm64 \
  libglusterfs-dev:arm64 zlib1g-dev:arm64 libbrotli-dev:arm64 libzstd-dev:arm64 \
  libcrypt-dev:arm64 libgtest-dev:arm64 libgmock-dev:arm64 qemu-user-static
BENCH_PACKAGES := nginx-light haproxy wrk glusterfs-client $(LAB_PACKAGES)

.PHONY: all build demo demo-down test unit-test system-test sanitize sanitize-packages build-asan build-tsan arm64 lint bench format clean
all: build

# $(call install,packages): those of them that are missing, and nothing where none is.
define install
	@missing=$$(dpkg-query -W -f='$${db:Status-Status} $${Package}\n$${db:Status-Status} $${Package}:$${Architecture}\n' $(1) 2>/dev/null \
	  | sed -n 's/^installed //p' | sort | comm -13 - <(printf '%s\n' $(1) | sort)); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  $(SUDO) apt-get -qq -o DPkg::Lock::Timeout=600 update && \
	  $(SUDO) apt-get -qq -y -o DPkg::Lock::Timeout=600 --no-install-recommends install $$missing \
	    >/dev/null; \
	fi
endef
SHELL := /bin/bash

build:
	$(call install,$(BUILD_PACKAGES))
	@mkdir -p build
	@$(LOCKED) cmake --preset $(PRESET) --log-level=WARNING
	@$(LOCKED) cmake --build --preset $(PRESET)

demo: build
	$(call install,$(LAB_PACKAGES))
	@$(SUDO) build/$(PRESET)/demo

demo-down: build
	@$(SUDO) build/$(PRESET)/bramble lab down

test: build
	$(call install,$(LAB_PACKAGES))
	@cd build/$(PRESET) && $(SUDO) ctest -j2 --output-on-failure

unit-test: build
	@cd build/$(PRESET) && ctest --output-on-failure --label-regex 'unit|blackbox'

system-test: build
	$(call install,$(LAB_PACKAGES))
	@cd build/$(PRESET) && $(SUDO) ctest --output-on-failure --label-regex system

# The unit and black-box tests under ASan and UBSan, then under TSan; built with the other compiler.
# With -j2, the one is built while the other is tested.
sanitize: sanitize-asan sanitize-tsan
sanitize-packages:
	$(call install,$(BUILD_PACKAGES) $(SANITIZE_PACKAGES))
	@mkdir -p build
sanitize-%: build-%
	@cd build/$* && ctest -j$(AT_ONCE_$*) --output-on-failure --label-regex 'unit|blackbox'
AT_ONCE_asan := 2  # beside a compiler
AT_ONCE_tsan := 4  # the last: its tests wait more than they compute
build-asan build-tsan: build-%: sanitize-packages
	@flock build/.$*.lock cmake --preset $* --log-level=WARNING
	@flock build/.$*.lock cmake --build --preset $*
ifneq ($(filter sanitize,$(MAKECMDGOALS)),)  # one after the other
build-tsan: build-asan
endif

# The program for 64-bit Raspberry Pis, built and unit-tested on another machine: `bramble up` sends
# build/arm64/bramble to those hosts that need it.
arm64:
	@dpkg --print-foreign-architectures | grep -qx arm64 || $(SUDO) dpkg --add-architecture arm64
	$(call install,$(BUILD_PACKAGES) $(ARM64_PACKAGES))
	@mkdir -p build
	@$(LOCKED) cmake --preset arm64 --log-level=WARNING
	@$(LOCKED) cmake --build --preset arm64
	@cd build/arm64 && ctest --output-on-failure --label-regex unit

lint:
	$(call install,$(BUILD_PACKAGES) $(LINT_PACKAGES))
	@git ls-files '*.cc' '*.hh' | xargs clang-format-16 --dry-run --Werror
	@$(LOCKED) cmake --preset asan --log-level=WARNING
	@git ls-files 'src/*.cc' | grep -v _test | xargs -P$$(nproc) -n8 clang-tidy-16 -p build/asan --quiet

# Besides: bench_churn takes an hour, bench_stripe and bench_seen a lab that is up.
bench: build
	$(call install,$(BENCH_PACKAGES))
	@build/$(PRESET)/bench_balancer
	@build/$(PRESET)/bench_bad_days
	@build/$(PRESET)/bench_resume
	@$(SUDO) build/$(PRESET)/bench_node

format:
	@git ls-files '*.cc' '*.hh' | xargs clang-format-16 -i

clean:
	rm -rf build
