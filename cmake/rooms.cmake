# SPDX-License-Identifier: GPL-2.0-or-later
# A room is a folder of core/ and a static library of the same name. Includes point downwards only:
#   cli -> {serve, grade, student}; {serve, grade} -> scenario -> host -> {reclaim, devices} -> policy -> {machine, cpu} -> trace -> base
# which tests/base/layering_test.cpp checks.

function(overcommit_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "${OVERCOMMIT_LEFT_OUT}")
  if(NOT sources)
    add_library(oc_${name} INTERFACE)
    target_link_libraries(oc_${name} INTERFACE ${ARGN})
    return()
  endif()
  add_library(oc_${name} STATIC ${sources})
  target_include_directories(oc_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
  target_include_directories(oc_${name} SYSTEM PUBLIC ${PROJECT_SOURCE_DIR}/guests)
  target_link_libraries(oc_${name} PUBLIC ${ARGN} PRIVATE overcommit_warnings)
endfunction()

# All that moc makes, for clang-tidy.
add_custom_target(mocs)

# What all test executables share: main() and the names of the source and build folders. Those of the desktop app have another main().
function(overcommit_test_support)
  add_library(test_registry STATIC support/test_registry.cpp)
  target_include_directories(test_registry PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_registry PUBLIC
    OVERCOMMIT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" OVERCOMMIT_BINARY_DIR="${PROJECT_BINARY_DIR}" QT_NO_KEYWORDS)
  target_link_libraries(test_registry PUBLIC oc_base Qt6::Test PRIVATE overcommit_warnings)
  add_library(test_support STATIC support/test_main.cpp)
  target_link_libraries(test_support PUBLIC test_registry PRIVATE overcommit_warnings)
  if(OVERCOMMIT_GUI)
    add_library(gui_test_support STATIC support/gui_test_main.cpp)
    target_link_libraries(gui_test_support PUBLIC test_registry Qt6::Widgets PRIVATE overcommit_warnings)
  endif()
  # The QTRY_ macros of newer Qt narrow a number of milliseconds, and compilers see that in the lines of our tests.
  add_library(qtry_warnings INTERFACE)
  if(Qt6_VERSION VERSION_GREATER_EQUAL 6.7)
    target_compile_options(qtry_warnings INTERFACE -Wno-conversion)
  endif()
endfunction()

# tests/<room>/*_test.cpp become one executable, one CTest test per file (named <room>.<file>).
function(overcommit_room_tests room)
  set(support test_support)
  if(room STREQUAL gui)
    set(support gui_test_support)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${room}/*_test.cpp)
  list(FILTER sources EXCLUDE REGEX "${OVERCOMMIT_LEFT_OUT}")
  if(NOT sources)
    return()
  endif()
  # Test classes derive from QObject itself, so that moc needs no header.
  overcommit_mocs(mocs ${CMAKE_CURRENT_BINARY_DIR}/${room}_mocs ${sources})
  add_executable(${room}_tests ${sources} ${mocs})
  target_compile_options(${room}_tests PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)  # compiles in three quarters of the time of -O2
  target_include_directories(${room}_tests PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${room}_mocs)
  target_link_libraries(${room}_tests PRIVATE ${ARGN} ${support} overcommit_warnings qtry_warnings)
  add_custom_target(${room}_mocs DEPENDS ${mocs})
  add_dependencies(mocs ${room}_mocs)
  foreach(source ${sources})
    get_filename_component(file ${source} NAME_WE)
    add_test(NAME ${room}.${file} COMMAND ${room}_tests ${file})
    set_tests_properties(${room}.${file} PROPERTIES TIMEOUT 900 LABELS ${room} SKIP_RETURN_CODE 77)
    if(file MATCHES "^shipped_|^oracle")
      # The longest: begun first, so that nothing waits for them in the end; their full forms take a quarter of an hour and more.
      set_tests_properties(${room}.${file} PROPERTIES COST 100 TIMEOUT 5400)
    endif()
  endforeach()
endfunction()
