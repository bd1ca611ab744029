# SPDX-License-Identifier: GPL-2.0-or-later
include(GNUInstallDirs)
install(TARGETS overcommit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY guests/prebuilt DESTINATION ${CMAKE_INSTALL_DATADIR}/overcommit/guests)
install(DIRECTORY labs/scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/overcommit/labs)
