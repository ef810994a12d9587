# SPDX-License-Identifier: Apache-2.0
# What is installed where, and the packages made of it: `cpack --config build/release/CPackConfig.cmake`.

file(GLOB manual CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/man/*.[157]")
foreach(page IN LISTS manual)
  cmake_path(GET page EXTENSION LAST_ONLY section)
  string(SUBSTRING "${section}" 1 -1 section)
  install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()

# mlops_install_if_there(<file> <folder> [<name>])
function(mlops_install_if_there file folder)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${file}")
    install(FILES "${PROJECT_SOURCE_DIR}/${file}" DESTINATION "${folder}" ${ARGN})
  endif()
endfunction()

mlops_install_if_there(completions/mlops.bash "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME mlops)
mlops_install_if_there(completions/_mlops "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
mlops_install_if_there(completions/mlops.fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
foreach(document IN ITEMS README.md CHANGELOG.md LICENSE)
  mlops_install_if_there(${document} "${CMAKE_INSTALL_DOCDIR}")
endforeach()

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_NAME mlops)
set(CPACK_PACKAGE_VENDOR "The mlops authors")
set(CPACK_PACKAGE_CONTACT "The mlops authors <mlops@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION vcs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS git)
# A package goes to /usr whatever prefix the build was configured with.
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "mlops keeps data sets, models and the pipelines that make them in step with a git\n\
repository: content-addressed storage, cached stages, recorded runs that can be\nreproduced bit by bit, and remotes to share them.")
include(CPack)
