# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages, for the suite that this machine runs: `./dev package` sets OVERCOMMIT_PACKAGE and calls cpack. One package per
# component of cmake/install.cmake. The version is that of project(); everything dated is dated SOURCE_DATE_EPOCH.
if(NOT OVERCOMMIT_PACKAGE)
  return()
endif()
include(cmake/debian_files.cmake)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME overcommit)
set(CPACK_PACKAGE_VENDOR Overcommit)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # it would go in front of each package's own
set(CPACK_PACKAGE_CONTACT "${OVERCOMMIT_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL overcommit overcommit-gui overcommit-teacher overcommit-doc)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_STRIP_FILES ON)
# Whatever the umask of who builds.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${debian_revision})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(same_version "= ${PROJECT_VERSION}-${debian_revision}")

# package(COMPONENT KEY VALUE...): keys as CPack has them; SUMMARY and TEXT are the two parts of a description.
function(package component)
  string(TOUPPER ${component} upper)
  cmake_parse_arguments(PARSE_ARGV 1 its "" "SUMMARY;TEXT" "FIELDS")
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${component} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${its_SUMMARY}\n${its_TEXT}" PARENT_SCOPE)
  while(its_FIELDS)
    list(POP_FRONT its_FIELDS field value)
    set(CPACK_DEBIAN_${upper}_${field} "${value}" PARENT_SCOPE)
  endwhile()
endfunction()

# What a driver of the guest kernel is compiled with: the guests are x86-64 on every machine.
set(compilers "g++")
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
  string(APPEND compilers ", gcc-x86-64-linux-gnu")
endif()

package(overcommit
  SUMMARY "teaching hypervisor for memory reclamation"
  TEXT "Overcommit runs small virtual machines on a host that has less memory than
they were promised, and shows how the host takes memory back: page sharing,
ballooning, compression and swapping, with the rules of VMware ESX.
.
This package has the engine, the command overcommit, the labs as students
have them, and the headers for policies of your own."
  FIELDS PACKAGE_SECTION education PACKAGE_SHLIBDEPS ON
    PACKAGE_RECOMMENDS "${compilers}"
    PACKAGE_SUGGESTS "overcommit-gui, overcommit-doc, python3, gdb")

package(overcommit-gui
  SUMMARY "teaching hypervisor for memory reclamation - desktop app"
  TEXT "Overcommit runs small virtual machines on a host that has less memory than
they were promised, and shows how the host takes memory back.
.
This package has the app that shows every page of a run, live or recorded,
forwards and backwards, and why each page is where it is. overcommit-web
shows the app in a browser."
  FIELDS PACKAGE_SECTION education PACKAGE_SHLIBDEPS ON
    PACKAGE_DEPENDS "overcommit (${same_version}), python3:any"
    PACKAGE_RECOMMENDS "overcommit-doc, fonts-noto-core, fonts-noto-mono, qt6-wayland"
    PACKAGE_SUGGESTS "tigervnc-standalone-server, matchbox-window-manager, novnc, websockify")  # for overcommit-web, which says so

package(overcommit-teacher
  SUMMARY "teaching hypervisor for memory reclamation - for teachers"
  TEXT "Overcommit runs small virtual machines on a host that has less memory than
they were promised, and shows how the host takes memory back.
.
This package has what teachers need to grade the labs and students must not
have: reference solutions, wrong solutions that the checks must tell apart,
and the runs that are hidden from students."
  FIELDS PACKAGE_SECTION education PACKAGE_ARCHITECTURE all
    PACKAGE_DEPENDS "overcommit (${same_version})")

package(overcommit-doc
  SUMMARY "teaching hypervisor for memory reclamation - manual"
  TEXT "Overcommit runs small virtual machines on a host that has less memory than
they were promised, and shows how the host takes memory back.
.
This package has the manual, which the app shows as its help."
  FIELDS PACKAGE_SECTION doc PACKAGE_ARCHITECTURE all)

include(CPack)
