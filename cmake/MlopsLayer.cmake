# SPDX-License-Identifier: Apache-2.0
# A layer is one folder of lib/, built as one static library that may use only layers declared before it.

set_property(GLOBAL PROPERTY MLOPS_LAYERS "")

# mlops_sources(<variable> <folder>): every .cpp below the folder, sorted; a folder without any gets an empty unit,
# so that each layer always is a library that can be linked.
function(mlops_sources variable folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  list(SORT sources)
  if(NOT sources)
    cmake_path(GET folder FILENAME name)
    set(sources "${PROJECT_BINARY_DIR}/generated/empty_${name}.cpp")
    file(CONFIGURE OUTPUT "${sources}" CONTENT "// Stands in for a folder without sources.\n")
  endif()
  set(${variable} "${sources}" PARENT_SCOPE)
endfunction()

# mlops_layer(<name> [USES <layer>...] [LINKS <dep>...] [EXPORTS <dep>...])
#   USES     layers below this one
#   LINKS    third-party libraries that only its .cpp files see
#   EXPORTS  third-party libraries that its headers show too
function(mlops_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LINKS;EXPORTS")
  get_property(layers GLOBAL PROPERTY MLOPS_LAYERS)
  foreach(used IN LISTS arg_USES)
    if(NOT used IN_LIST layers)
      message(FATAL_ERROR "layer '${name}' uses '${used}', which is not below it")
    endif()
  endforeach()

  mlops_sources(sources "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  add_library(mlops_${name} STATIC ${sources})
  list(TRANSFORM arg_USES PREPEND mlops_)
  target_link_libraries(mlops_${name}
    PUBLIC mlops_settings ${arg_USES} ${arg_EXPORTS}
    PRIVATE dep_json ${arg_LINKS})

  list(TRANSFORM arg_USES REPLACE "^mlops_" "")
  string(JOIN " " uses ${arg_USES})
  set_property(GLOBAL APPEND PROPERTY MLOPS_LAYERS "${name}")
  set_property(GLOBAL APPEND PROPERTY MLOPS_LAYER_RULES "${name}: ${uses}")
endfunction()
