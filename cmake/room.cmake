# SPDX-License-Identifier: Apache-2.0
# Headers that nearly every file needs are compiled once: what base and base_test precompile, all
# other rooms and tests use. Rooms with clang only: GCC 12 sees overflows in std::string where its
# header is precompiled. So each file includes what it uses all the same.
set(BRAMBLE_COMMON_HEADERS <algorithm> <chrono> <fmt/format.h> <functional> <map> <memory> <optional>
                           <string> <string_view> <vector>)

# Of a test program. Tests run once: what they test is optimised, they themselves need not be.
function(bramble_test_options target)
  target_compile_options(${target} PRIVATE -O0)
  bramble_unity(${target})
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  if(target STREQUAL "base_test")
    target_precompile_headers(base_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  else()
    target_precompile_headers(${target} REUSE_FROM base_test)
  endif()
endfunction()

# Ten files a unit: what they include is read and made once, and what stands in one of them can be
# inlined in another. Each compiles alone all the same, as the preset "dev" does it.
function(bramble_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${BRAMBLE_UNITY} UNITY_BUILD_BATCH_SIZE 10)
endfunction()

# bramble_room(NAME SOURCES … [SOURCES_APART …] [TESTS …] [DEPS …] [LIBS …] [TEST_LIBS …])
#
# One folder of src/ is one room: a static library of the same name and, beside it, the unit tests
# as one program NAME_test. DEPS are other rooms, LIBS other people's libraries. SOURCES_APART: what
# is alike in several of them has the same name there, so that each is a unit of its own.
function(bramble_room name)
  cmake_parse_arguments(room "" "" "SOURCES;SOURCES_APART;TESTS;DEPS;LIBS;TEST_LIBS" ${ARGN})
  add_library(${name} STATIC ${room_SOURCES} ${room_SOURCES_APART})
  set_source_files_properties(${room_SOURCES_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${room_DEPS} ${room_LIBS} Threads::Threads)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    if(name STREQUAL "base")
      target_precompile_headers(base PRIVATE ${BRAMBLE_COMMON_HEADERS})
    else()
      target_precompile_headers(${name} REUSE_FROM base)
    endif()
  endif()
  bramble_unity(${name})
  if(room_TESTS)
    add_executable(${name}_test ${room_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${room_TEST_LIBS} GTest::gmock
                                               GTest::gtest_main)
    bramble_test_options(${name}_test)
    add_test(NAME unit.${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 400)
  endif()
endfunction()
