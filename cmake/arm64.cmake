# SPDX-License-Identifier: GPL-2.0-or-later
# Builds for arm64 Linux on another machine: Debian's cross compiler with the libraries of Debian's arm64 packages. Where the kernel runs arm64
# programs by qemu-user-static and binfmt_misc, the tests run there as well. tests/cleanroom/arm64.sh says what to install.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# Libraries and headers of arm64; programs, such as moc, of the machine that compiles.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_FIND_ROOT_PATH /)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(QT_HOST_PATH /usr CACHE PATH "where Qt's own tools are")
