# SPDX-License-Identifier: GPL-2.0-or-later
# g++ 12 and 14 and clang 14 and 19 compile without a warning. Warnings are errors only where a developer or continuous integration builds:
# a compiler that we have never seen must not keep anybody from installing. Third-party headers come in as SYSTEM and are exempt.
add_library(overcommit_warnings INTERFACE)
target_compile_options(overcommit_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-align -Wcast-qual
  -Woverloaded-virtual -Wnon-virtual-dtor -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum)
if(OVERCOMMIT_WERROR)
  target_compile_options(overcommit_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(overcommit_warnings INTERFACE -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wsuggest-override)
  if(OVERCOMMIT_UNITY)
    # g++ takes a class with a member of an unnamed namespace for one that other files see when it does not stand in the main file.
    target_compile_options(overcommit_warnings INTERFACE -Wno-subobject-linkage)
  endif()
  if(OVERCOMMIT_SANITIZE)
    # g++ 12 warns of the checks that the sanitizers themselves insert; the other builds judge.
    target_compile_options(overcommit_warnings INTERFACE -Wno-error -Wno-null-dereference -Wno-maybe-uninitialized -Wno-array-bounds)
  endif()
endif()

if(OVERCOMMIT_SANITIZE)
  add_compile_options(-fsanitize=${OVERCOMMIT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OVERCOMMIT_SANITIZE})
endif()

if(OVERCOMMIT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
