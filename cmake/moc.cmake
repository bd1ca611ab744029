# SPDX-License-Identifier: GPL-2.0-or-later
# moc for those of the sources that have a Q_OBJECT, into `folder`: of a header a moc_NAME.cpp to be compiled, of a source a NAME.moc that it
# includes. Not AUTOMOC: it has moc read every header that a header includes, a second a file.
function(overcommit_mocs result folder)
  set(mocs "")
  foreach(source ${ARGN})
    file(STRINGS ${source} classes REGEX "^ *Q_OBJECT")
    if(source MATCHES "\\.h$")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})  # it may become one for moc
    endif()
    if(classes)
      get_filename_component(file ${source} NAME_WE)
      set(moc ${folder}/moc_${file}.cpp)
      if(source MATCHES "\\.cpp$")
        set(moc ${folder}/${file}.moc)
      endif()
      qt6_generate_moc(${source} ${moc})
      list(APPEND mocs ${moc})
    endif()
  endforeach()
  set(${result} ${mocs} PARENT_SCOPE)
endfunction()
