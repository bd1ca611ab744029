# SPDX-License-Identifier: GPL-2.0-or-later
# The files that a Debian package has besides what is installed elsewhere: copyright, changelogs, reasons for what lintian would not expect.
# Sets debian_revision: "1~debian12", "1~ubuntu24.04"; "1" where the system has no version, as sid.
set(OVERCOMMIT_MAINTAINER "Overcommit maintainers <maintainers@overcommit.invalid>" CACHE STRING "Who is named as maintainer of the packages")

file(STRINGS /etc/os-release system_id REGEX "^ID=")
file(STRINGS /etc/os-release system_version REGEX "^VERSION_ID=")
file(STRINGS /etc/os-release system_suite REGEX "^VERSION_CODENAME=")
foreach(value id version suite)
  string(REGEX REPLACE "^[A-Z_]*=\"?([^\"]*)\"?$" "\\1" system_${value} "${system_${value}}")
endforeach()
if(NOT system_suite)
  set(system_suite unstable)
endif()
set(debian_revision 1)
if(system_version)
  set(debian_revision "1~${system_id}${system_version}")
endif()

# RFC 2822 in UTC, from SOURCE_DATE_EPOCH if it is set.
set(ENV{LC_ALL} C)
string(TIMESTAMP debian_date "%a, %d %b %Y %H:%M:%S +0000" UTC)

set(debian_folder ${PROJECT_BINARY_DIR}/debian)
file(CONFIGURE OUTPUT ${debian_folder}/changelog.Debian @ONLY CONTENT
"overcommit (@PROJECT_VERSION@-@debian_revision@) @system_suite@; urgency=medium

  * Packages of Overcommit @PROJECT_VERSION@, made from its own tree.

 -- @OVERCOMMIT_MAINTAINER@  @debian_date@
")
configure_file(cmake/debian/copyright ${debian_folder}/copyright COPYONLY)

compressed(${debian_folder}/changelog.Debian ${debian_folder}/changelog.Debian.gz)
set(changelogs ${debian_folder}/changelog.Debian.gz)
if(EXISTS ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
  compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${debian_folder}/changelog.gz)
  list(APPEND changelogs ${debian_folder}/changelog.gz)
endif()
add_custom_target(debian_changelogs ALL DEPENDS ${changelogs})

foreach(component overcommit overcommit-gui overcommit-teacher overcommit-doc)
  install(FILES ${debian_folder}/copyright ${changelogs} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${component} COMPONENT ${component})
  if(EXISTS ${PROJECT_SOURCE_DIR}/cmake/debian/${component}.lintian-overrides)
    install(FILES cmake/debian/${component}.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME ${component}
      COMPONENT ${component})
  endif()
endforeach()
