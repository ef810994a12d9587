// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <git2.h>

#include "git/repository.hpp"

namespace mlops::git {

/// Our word for a mode as trees and the index hold it; old modes such as 100664 count as what they stand for.
inline FileMode file_mode(std::uint32_t mode) {
  switch (mode & 0170000U) {
    case 0040000U:
      return FileMode::directory;
    case 0120000U:
      return FileMode::link;
    case 0160000U:
      return FileMode::submodule;
    default:
      return (mode & 0100U) != 0 ? FileMode::executable : FileMode::regular;
  }
}

inline git_filemode_t raw_mode(FileMode mode) {
  switch (mode) {
    case FileMode::executable:
      return GIT_FILEMODE_BLOB_EXECUTABLE;
    case FileMode::link:
      return GIT_FILEMODE_LINK;
    case FileMode::directory:
      return GIT_FILEMODE_TREE;
    case FileMode::submodule:
      return GIT_FILEMODE_COMMIT;
    case FileMode::regular:
      break;
  }
  return GIT_FILEMODE_BLOB;
}

}  // namespace mlops::git
