# SPDX-License-Identifier: GPL-2.0-or-later
# Every library the project uses, by its Debian 12 package. `./dev setup` installs them.
find_package(PkgConfig REQUIRED)
pkg_check_modules(UNICORN REQUIRED IMPORTED_TARGET unicorn>=2.0)   # libunicorn-dev
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)             # liblz4-dev
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)       # libxxhash-dev
find_package(fmt REQUIRED)                                         # libfmt-dev
find_package(tomlplusplus REQUIRED)                                # libtomlplusplus-dev
find_package(nlohmann_json REQUIRED)                               # nlohmann-json3-dev
find_package(CLI11 REQUIRED)                                       # libcli11-dev
if(OVERCOMMIT_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Test)                   # qt6-base-dev
endif()
if(OVERCOMMIT_BENCH)
  find_package(benchmark REQUIRED)                                 # libbenchmark-dev
endif()
