// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mlops::fs {

/// How a workspace file gets its content from the cache.
enum class LinkType { reflink, copy, hardlink, symlink };

/// Returns nullptr-free words: "reflink", "copy", "hardlink", "symlink".
const char* to_string(LinkType type);

/// Makes `target` (which must not exist; its directory does) a file with the content of `source` by exactly this type.
/// Returns false when the file system cannot do it (then nothing was made). Copies and reflinks get `mode` as far as the
/// umask lets them; hard links and symbolic links keep the source's. Not fsynced, and a crash may leave a part of a copy
/// at `target`: where that matters, it is a temporary name.
bool make_link(LinkType type, const std::string& source, const std::string& target, unsigned mode);

}  // namespace mlops::fs
