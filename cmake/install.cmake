# SPDX-License-Identifier: GPL-2.0-or-later
include(GNUInstallDirs)

# The manual page is what the command itself prints.
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/overcommit.1
  COMMAND overcommit help --man > ${PROJECT_BINARY_DIR}/overcommit.1
  DEPENDS overcommit VERBATIM)
add_custom_target(manual_page ALL DEPENDS ${PROJECT_BINARY_DIR}/overcommit.1)

install(TARGETS overcommit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_BINARY_DIR}/overcommit.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY guests/prebuilt/ DESTINATION ${CMAKE_INSTALL_DATADIR}/overcommit/guests)
if(OVERCOMMIT_GUI)
  install(TARGETS overcommit-gui RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES gui/desktop/org.overcommit.Overcommit.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
  install(FILES gui/desktop/org.overcommit.Overcommit.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
  install(FILES gui/desktop/org.overcommit.Overcommit.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages)
  install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/overcommit FILES_MATCHING PATTERN "*.md" PATTERN "pictures/*.png")
endif()
# What a balloon driver of one's own is compiled and linked with.
install(DIRECTORY guests/abi guests/kernel DESTINATION ${CMAKE_INSTALL_DATADIR}/overcommit/guests
  FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "kernel.ld" PATTERN "balloon.c")
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_DATADIR}/overcommit/include)
install(DIRECTORY labs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/overcommit/labs PATTERN "results.py" EXCLUDE)
