# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed, by component; a component is a Debian package of its own (cmake/package.cmake).
#   overcommit          engine, labs as students have them, headers for policies, manual page, completions
#   overcommit-gui      the desktop app
#   overcommit-teacher  the labs as teachers have them: reference solutions, saboteurs, hidden runs
#   overcommit-doc      this manual
# `cmake --install` without a component installs all of them. The hostile test guests are in none.
include(GNUInstallDirs)
set(data ${CMAKE_INSTALL_DATADIR}/overcommit)
set(zsh_completions zsh/site-functions)
if(OVERCOMMIT_PACKAGE)
  set(zsh_completions zsh/vendor-completions)  # Debian's zsh looks there for those of packages
endif()

# Manual pages and changelogs are compressed in packages only. -n: neither name nor date.
if(OVERCOMMIT_PACKAGE)
  find_program(GZIP_PROGRAM gzip REQUIRED)
endif()
function(compressed input output)
  add_custom_command(OUTPUT ${output} COMMAND ${GZIP_PROGRAM} -9nc ${input} > ${output} DEPENDS ${input} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY overcommit_compressed ${output})
endfunction()
function(install_manual page component)
  if(OVERCOMMIT_PACKAGE)
    cmake_path(GET page FILENAME name)
    compressed(${page} ${PROJECT_BINARY_DIR}/compressed/${name}.gz)
    set(page ${PROJECT_BINARY_DIR}/compressed/${name}.gz)
  endif()
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT ${component})
endfunction()

# What the command itself prints: its manual page, and how shells complete it.
set(printed ${PROJECT_BINARY_DIR}/printed)
file(MAKE_DIRECTORY ${printed} ${PROJECT_BINARY_DIR}/compressed)
function(printed file)
  add_custom_command(OUTPUT ${printed}/${file} COMMAND overcommit help ${ARGN} > ${printed}/${file} DEPENDS overcommit VERBATIM)
  set_property(GLOBAL APPEND PROPERTY overcommit_printed ${printed}/${file})
endfunction()
printed(overcommit.1 --man)
printed(overcommit --completion bash)
printed(_overcommit --completion zsh)
printed(overcommit.fish --completion fish)
get_property(printed_files GLOBAL PROPERTY overcommit_printed)
add_custom_target(printed ALL DEPENDS ${printed_files})

# The labs without what is for teachers only.
file(GLOB lab_files RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/labs/lab-*/lab.toml)
set(student_labs ${PROJECT_BINARY_DIR}/student-labs)
set(exported "")
foreach(lab_file ${lab_files})
  cmake_path(GET lab_file PARENT_PATH lab)
  cmake_path(GET lab FILENAME name)
  file(GLOB_RECURSE parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${lab}/*)
  add_custom_command(OUTPUT ${student_labs}/${name}/lab.toml
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${student_labs}/${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${student_labs}
    COMMAND overcommit lab export ${PROJECT_SOURCE_DIR}/${lab} ${student_labs}/${name} --student
    DEPENDS overcommit ${parts} COMMENT "The students' side of ${name}" VERBATIM)
  list(APPEND exported ${student_labs}/${name}/lab.toml)
endforeach()
add_custom_target(student_labs ALL DEPENDS ${exported})

# ---- overcommit
install(TARGETS overcommit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT overcommit)
install_manual(${printed}/overcommit.1 overcommit)
install(FILES ${printed}/overcommit DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT overcommit)
install(FILES ${printed}/_overcommit DESTINATION ${CMAKE_INSTALL_DATADIR}/${zsh_completions} COMPONENT overcommit)
install(FILES ${printed}/overcommit.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT overcommit)
install(FILES guests/prebuilt/overcommit-guest.elf guests/prebuilt/kernel-without-balloon.o DESTINATION ${data}/guests COMPONENT overcommit)
# What a balloon driver of one's own is compiled and linked with.
install(DIRECTORY guests/abi guests/kernel DESTINATION ${data}/guests COMPONENT overcommit
  FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "kernel.ld")
install(DIRECTORY include/ DESTINATION ${data}/include COMPONENT overcommit PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${student_labs}/ DESTINATION ${data}/labs COMPONENT overcommit)
install(DIRECTORY labs/scenarios labs/clients DESTINATION ${data}/labs COMPONENT overcommit PATTERN "__pycache__" EXCLUDE)

# ---- overcommit-gui
if(OVERCOMMIT_GUI)
  set(desktop ${PROJECT_SOURCE_DIR}/gui/desktop)
  set(described ${PROJECT_BINARY_DIR}/desktop)
  set(icons ${CMAKE_INSTALL_DATADIR}/icons/hicolor)
  string(TIMESTAMP release_date "%Y-%m-%d" UTC)  # SOURCE_DATE_EPOCH, where it is set
  configure_file(${desktop}/overcommit-gui.1.in ${described}/overcommit-gui.1 @ONLY)
  configure_file(${desktop}/org.overcommit.Overcommit.metainfo.xml.in ${described}/org.overcommit.Overcommit.metainfo.xml @ONLY)
  install(TARGETS overcommit-gui RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT overcommit-gui)
  install(FILES ${desktop}/org.overcommit.Overcommit.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications COMPONENT overcommit-gui)
  install(FILES ${desktop}/org.overcommit.Overcommit.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages COMPONENT overcommit-gui)
  install(FILES ${described}/org.overcommit.Overcommit.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo COMPONENT overcommit-gui)
  install_manual(${described}/overcommit-gui.1 overcommit-gui)

  # One drawing; desktops that draw no SVG take the sizes.
  install(FILES ${desktop}/org.overcommit.Overcommit.svg DESTINATION ${icons}/scalable/apps COMPONENT overcommit-gui)
  find_program(RSVG_CONVERT rsvg-convert)
  if(RSVG_CONVERT)
    foreach(size 16 22 24 32 48 64 128 256)
      set(icon ${PROJECT_BINARY_DIR}/icons/${size}/org.overcommit.Overcommit.png)
      file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/icons/${size})
      add_custom_command(OUTPUT ${icon} DEPENDS ${desktop}/org.overcommit.Overcommit.svg VERBATIM
        COMMAND ${RSVG_CONVERT} --width ${size} --height ${size} --output ${icon} ${desktop}/org.overcommit.Overcommit.svg)
      list(APPEND drawn ${icon})
      install(FILES ${icon} DESTINATION ${icons}/${size}x${size}/apps COMPONENT overcommit-gui)
    endforeach()
    add_custom_target(icons ALL DEPENDS ${drawn})
  endif()

  # The app in a browser: overcommit-web finds the rest in share/overcommit/web.
  install(PROGRAMS gui/web/overcommit-web DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT overcommit-gui)
  install(DIRECTORY gui/web/ DESTINATION ${data}/web COMPONENT overcommit-gui
    PATTERN "overcommit-web*" EXCLUDE PATTERN "__pycache__" EXCLUDE)
  install_manual(${PROJECT_SOURCE_DIR}/gui/web/overcommit-web.1 overcommit-gui)
endif()

# ---- overcommit-teacher
foreach(lab_file ${lab_files})
  cmake_path(GET lab_file PARENT_PATH lab)
  install(DIRECTORY ${lab} DESTINATION ${data}/teacher/labs COMPONENT overcommit-teacher PATTERN "__pycache__" EXCLUDE)
endforeach()

# ---- overcommit-doc
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/overcommit COMPONENT overcommit-doc
  FILES_MATCHING PATTERN "*.md" PATTERN "*.png" PATTERN "*.svg" PATTERN "*.json" PATTERN "*.sh")
install(FILES README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/overcommit
  COMPONENT overcommit-doc)
# Links lead to where things are when they are installed.
install(CODE "set(doc \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/doc/overcommit\")" COMPONENT overcommit-doc)
install(CODE [[
  file(GLOB_RECURSE pages "${doc}/*.md")
  foreach(page IN LISTS pages)
    file(READ "${page}" text)
    string(REPLACE "](docs/" "](" text "${text}")
    string(REPLACE "](LICENSES)" "](copyright)" text "${text}")
    string(REPLACE "](labs/" "](../../overcommit/labs/" text "${text}")
    string(REGEX REPLACE "\\]\\(((\\.\\./)+)(labs|include)/" "](\\1../overcommit/\\3/" text "${text}")
    string(REGEX REPLACE "\\]\\(\\.\\./((\\.\\./)*)(README|CHANGELOG|CONTRIBUTING|SECURITY)\\.md" "](\\1\\3.md" text "${text}")
    file(WRITE "${page}" "${text}")
  endforeach()
]] COMPONENT overcommit-doc)

if(OVERCOMMIT_PACKAGE)
  get_property(compressed_files GLOBAL PROPERTY overcommit_compressed)
  add_custom_target(compressed ALL DEPENDS ${compressed_files})
endif()
