# SPDX-License-Identifier: Apache-2.0
# bramble_room(NAME SOURCES … [TESTS …] [DEPS …] [LIBS …] [TEST_LIBS …])
#
# One folder of src/ is one room: a static library of the same name and, beside it, the unit tests
# as one program NAME_test. DEPS are other rooms, LIBS other people's libraries.
function(bramble_room name)
  cmake_parse_arguments(room "" "" "SOURCES;TESTS;DEPS;LIBS;TEST_LIBS" ${ARGN})
  add_library(${name} STATIC ${room_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${room_DEPS} ${room_LIBS} Threads::Threads)
  if(room_TESTS)
    add_executable(${name}_test ${room_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${room_TEST_LIBS} GTest::gmock
                                               GTest::gtest_main)
    # Tests run once: what they test is optimised, they themselves need not be.
    target_compile_options(${name}_test PRIVATE -O0)
    if(name STREQUAL "base")
      target_precompile_headers(base_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    else()
      target_precompile_headers(${name}_test REUSE_FROM base_test)
    endif()
    add_test(NAME unit.${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()
