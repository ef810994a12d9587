// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fs/repo_path.hpp"

namespace mlops::fs {

/// The patterns of one ignore file, in gitignore's syntax. Matching is linear in the lengths of pattern and path.
class IgnoreFile {
 public:
  /// `base`: the directory that holds the file; patterns count below it only.
  IgnoreFile(RepoPath base, std::string_view text);

  enum class Verdict { none, ignored, included };
  /// Judges one path by its last matching pattern. `directory`: whether it is one.
  Verdict match(const RepoPath& path, bool directory) const;
  bool empty() const { return rules_.empty(); }
  const RepoPath& base() const { return base_; }

 private:
  struct Rule {
    std::string pattern;
    bool negated = false;
    bool directories_only = false;
    bool anchored = false;  ///< holds a '/' other than at the end: matched against the whole path below base
  };
  RepoPath base_;
  std::vector<Rule> rules_;
};

/// A stack of ignore files from the root down to a directory; the deepest has the last word.
class IgnoreStack {
 public:
  IgnoreStack() = default;
  /// Returns whether there is no pattern at all, so that nothing need be asked.
  bool empty() const { return files_.empty(); }
  /// Returns a stack with one more file on top.
  IgnoreStack with(IgnoreFile file) const;
  /// Judges one entry; its parents are taken as not ignored (walkers do not enter ignored directories).
  bool ignored(const RepoPath& path, bool directory) const;

 private:
  std::vector<IgnoreFile> files_;
};

/// gitignore's glob: `*`, `?`, `[...]`, `**`; linear time.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace mlops::fs
