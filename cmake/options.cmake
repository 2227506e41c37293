# SPDX-License-Identifier: Apache-2.0
# Flags that hold for every target of the house.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

set(BRAMBLE_SANITIZE "" CACHE STRING "sanitizers, as the compiler's -fsanitize= takes them")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                    -Woverloaded-virtual -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-sign-conversion)  # clang leaves it out of -Wconversion for C++, too
endif()

# Files of more than 2 GB also where a long has 32 bits; times stay as Debian 12's libgfapi has them.
add_compile_definitions(_FILE_OFFSET_BITS=64)

option(BRAMBLE_UNITY "compile the files of a room together" OFF)

option(BRAMBLE_FUZZ "fuzzers instead of the replay of their corpora; clang" OFF)
if(BRAMBLE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(BRAMBLE_SANITIZE)
  add_compile_options(-fsanitize=${BRAMBLE_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  if(BRAMBLE_SANITIZE MATCHES "undefined")
    # Takes objects made inside of shared libraries (fmt, libstdc++) for objects of another type.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  add_link_options(-fsanitize=${BRAMBLE_SANITIZE})
endif()
