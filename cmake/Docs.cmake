# SPDX-License-Identifier: Apache-2.0
# `cmake --build build --target docs` rewrites the committed man pages of the commands from the option tables.

if(TARGET mlops)
  add_custom_target(docs
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${PROJECT_SOURCE_DIR}/man"
    COMMAND mlops __man "${PROJECT_SOURCE_DIR}/man"
    COMMENT "Writing the manual to man/"
    VERBATIM)
endif()
