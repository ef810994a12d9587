# SPDX-License-Identifier: Apache-2.0
# The dependencies as archives. The dynamic loader needs 5 ms for the shared ones, which is longer than most commands
# run; glibc stays dynamic. A dependency that cannot be had as an archive is linked as usual, and a message says so.

# mlops_archives(<variable> <package>...): the archives that pkg-config names for linking these packages statically;
# libraries without an archive stay shared. Those that are not there at all are left out, because .pc files name more
# than the archives need (Debian's libssh2.pc: libgpg-error). Empty if no archive was found.
function(mlops_archives variable)
  set(found "")
  foreach(package IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "MLOPS_PC_${package}" prefix)
    pkg_check_modules(${prefix} QUIET ${package})
    if(NOT ${prefix}_FOUND)
      continue()
    endif()
    foreach(library IN LISTS ${prefix}_STATIC_LIBRARIES)
      find_library(MLOPS_ARCHIVE_${library} NAMES "lib${library}.a" HINTS ${${prefix}_STATIC_LIBRARY_DIRS})
      find_library(MLOPS_SHARED_${library} NAMES "${library}" HINTS ${${prefix}_STATIC_LIBRARY_DIRS})
      mark_as_advanced(MLOPS_ARCHIVE_${library} MLOPS_SHARED_${library})
      if(library MATCHES "^(c|m|dl|rt|pthread)$")
        continue()
      elseif(MLOPS_ARCHIVE_${library})
        list(APPEND found "${MLOPS_ARCHIVE_${library}}")
      elseif(MLOPS_SHARED_${library})
        list(APPEND found "${MLOPS_SHARED_${library}}")
      endif()
    endforeach()
  endforeach()
  if(NOT found MATCHES "\\.a(;|$)")
    set(found "")
  endif()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# Links `cmake/static/<check>.cpp` with what is given; sets <variable> to whether that works.
function(mlops_check_link variable check)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LIBRARIES")
  set(directory "${PROJECT_SOURCE_DIR}/cmake/static")
  list(TRANSFORM arg_SOURCES PREPEND "${directory}/")
  try_compile(${variable} SOURCES "${directory}/${check}.cpp" ${arg_SOURCES}
    LINK_LIBRARIES ${arg_LIBRARIES} CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON OUTPUT_VARIABLE output)
  if(NOT ${variable})
    file(WRITE "${PROJECT_BINARY_DIR}/${check}.log" "${output}")
  endif()
  set(${variable} "${${variable}}" PARENT_SCOPE)
endfunction()

# mlops_static_dependency(<name> PACKAGES <pkg-config package>... SHARED <target>... [EXTRA <source>]) links the archives
# when cmake/static/<name>_check.cpp links with them; EXTRA is a source of ours that the archives need besides.
function(mlops_static_dependency name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXTRA" "PACKAGES;SHARED")
  mlops_archives(archives ${arg_PACKAGES})
  mlops_check_link(MLOPS_STATIC_${name} ${name}_check SOURCES ${arg_EXTRA} LIBRARIES ${archives} Threads::Threads)
  if(NOT archives OR NOT MLOPS_STATIC_${name})
    message(STATUS "${name}: no archive links here (see ${name}_check.log), linking the shared library")
    mlops_dependency(${name} ${arg_SHARED})
    return()
  endif()
  add_library(dep_${name} INTERFACE)
  list(POP_FRONT archives archive)
  if(arg_EXTRA)
    add_library(mlops_${name}_extra STATIC "cmake/static/${arg_EXTRA}")
    target_link_libraries(dep_${name} INTERFACE ${archive} mlops_${name}_extra ${archives})
  else()
    target_link_libraries(dep_${name} INTERFACE ${archive} ${archives})
  endif()
endfunction()

mlops_static_dependency(crypto PACKAGES libcrypto SHARED OpenSSL::Crypto)
mlops_static_dependency(git2 PACKAGES libgit2 libssh2 SHARED PkgConfig::LIBGIT2 EXTRA gss_absent.cpp)
mlops_static_dependency(xxhash PACKAGES libxxhash SHARED PkgConfig::XXHASH)
mlops_static_dependency(yaml PACKAGES yaml-cpp SHARED yaml-cpp::yaml-cpp yaml-cpp)

mlops_check_link(MLOPS_OWN_FMT fmt_check SOURCES fmt.cpp LIBRARIES "")
if(MLOPS_OWN_FMT)
  add_library(mlops_fmt STATIC cmake/static/fmt.cpp)
  mlops_dependency(fmt mlops_fmt)
else()
  message(STATUS "fmt: its non-inline part does not compile on its own, using it header-only (see fmt_check.log)")
  mlops_dependency(fmt fmt::fmt-header-only)
endif()

# toml++ has no archive, but its headers hold all of it; its shared library would bring a shared libstdc++ along.
add_library(dep_toml INTERFACE)
target_include_directories(dep_toml SYSTEM INTERFACE
  $<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_definitions(dep_toml INTERFACE TOML_HEADER_ONLY=1)

target_link_options(mlops_settings INTERFACE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
target_compile_options(mlops_settings INTERFACE -ffunction-sections -fdata-sections)
