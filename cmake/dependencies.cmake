# SPDX-License-Identifier: GPL-2.0-or-later
# Every library the project uses. The comment behind each names its Debian package: the list of what is linked and a test of ./dev's
# packages read it (cmake/dependency_table.py). `./dev setup` installs them.
find_package(PkgConfig REQUIRED)                                   # pkg-config
pkg_check_modules(UNICORN REQUIRED IMPORTED_TARGET unicorn>=2.0)   # libunicorn-dev
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)             # liblz4-dev
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)       # libxxhash-dev
# XXH3 by the widest vectors of the processor it runs on: in Debian's and Ubuntu's package on x86-64, not everywhere.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::XXHASH)
check_cxx_source_compiles("#include <xxh_x86dispatch.h>
int main() { return static_cast<int>(XXH3_64bits_dispatch(\"\", 1)); }" OVERCOMMIT_XXH_DISPATCH)
unset(CMAKE_REQUIRED_LIBRARIES)
find_package(fmt REQUIRED)                                         # libfmt-dev
find_package(tl-expected REQUIRED)                                 # libexpected-dev
find_package(tomlplusplus REQUIRED)                                # libtomlplusplus-dev
find_package(nlohmann_json REQUIRED)                               # nlohmann-json3-dev
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)     # libseccomp-dev
find_package(CLI11 REQUIRED)                                       # libcli11-dev
if(OVERCOMMIT_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Test)                   # qt6-base-dev
endif()
if(OVERCOMMIT_GUI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Gui Widgets DBus Svg)   # qt6-base-dev, qt6-svg-dev
endif()
if(OVERCOMMIT_BENCH)
  find_package(benchmark REQUIRED)                                 # libbenchmark-dev
endif()
