# SPDX-License-Identifier: Apache-2.0
# How every target of ours is compiled and linked. `mlops_settings` carries it all; third-party code never sees it.

option(MLOPS_WERROR "Treat warnings as errors" OFF)
option(MLOPS_FAILPOINTS "Compile the failpoints of lib/fs in (test builds only)" OFF)
option(MLOPS_HARDENING "Position-independent executables, fortified libc calls, read-only relocations" OFF)
option(MLOPS_STATIC_DEPS "Link third-party libraries statically where an archive exists" OFF)
set(MLOPS_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# CCACHE_NOHASHDIR, with the source directory mapped away below, lets build directories share cached objects.
find_program(MLOPS_CCACHE ccache)
mark_as_advanced(MLOPS_CCACHE)
if(MLOPS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "env;CCACHE_NOHASHDIR=1;${MLOPS_CCACHE}")
endif()

find_program(MLOPS_LLD ld.lld)
mark_as_advanced(MLOPS_LLD)
if(MLOPS_LLD AND NOT CMAKE_EXE_LINKER_FLAGS MATCHES "-fuse-ld=")
  string(APPEND CMAKE_EXE_LINKER_FLAGS " -fuse-ld=lld")
endif()

add_library(mlops_settings INTERFACE)
target_compile_options(mlops_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/="
  $<$<BOOL:${MLOPS_WERROR}>:-Werror>)
target_compile_definitions(mlops_settings INTERFACE
  $<$<BOOL:${MLOPS_FAILPOINTS}>:MLOPS_FAILPOINTS=1>
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
target_include_directories(mlops_settings INTERFACE "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}")

# Instrumented code makes g++ warn of uninitialised members inside the standard library; `dev` judges warnings.
if(MLOPS_SANITIZE)
  target_compile_options(mlops_settings INTERFACE -Wno-maybe-uninitialized
    "-fsanitize=${MLOPS_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(mlops_settings INTERFACE "-fsanitize=${MLOPS_SANITIZE}")
endif()

if(MLOPS_HARDENING)
  string(APPEND CMAKE_CXX_FLAGS " -fPIE")
  target_compile_options(mlops_settings INTERFACE
    -fstack-protector-strong -fstack-clash-protection $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  target_link_options(mlops_settings INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
