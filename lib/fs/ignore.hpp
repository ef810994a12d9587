// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/repo_path.hpp"

namespace mlops::fs {

/// The line that decided about a path.
struct IgnoreMatch {
  RepoPath base;         ///< the directory whose file it stands in
  std::size_t line = 0;  ///< counted from 1
  std::string pattern;   ///< as written
  bool ignored = true;   ///< false: the line takes the path back in
};

/// The patterns of one ignore file, in gitignore's syntax. No pattern makes matching
/// take longer than the product of its length and the path's.
class IgnoreFile {
 public:
  /// `base`: the directory that holds the file; patterns count below it only.
  IgnoreFile(RepoPath base, std::string_view text);

  enum class Verdict { none, ignored, included };
  /// Judges one path by its last matching pattern. `directory`: whether it is one.
  Verdict match(const RepoPath& path, bool directory) const;
  /// All patterns that match the path, in the order of the file; the last one decides.
  std::vector<IgnoreMatch> all_matches(const RepoPath& path, bool directory) const;
  bool empty() const { return rules_.empty(); }
  const RepoPath& base() const { return base_; }

 private:
  struct Rule {
    std::string pattern;
    bool negated = false;
    bool directories_only = false;
    bool anchored = false;  ///< holds a '/' other than at the end: matched against the whole path below base
    bool literal = false;   ///< holds nothing special: compared instead of matched
    std::size_t line = 0;   ///< where it stands
    std::string text;       ///< the line as written
  };
  void add_rule(std::string_view line, std::size_t number);
  /// How a path is called below base; nothing when no rule can match it.
  std::optional<std::string_view> name_below(const RepoPath& path) const;
  static bool matches(const Rule& rule, std::string_view below, std::string_view name);

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
  /// All lines that match the entry, those of the deepest file last; the last one decides.
  std::vector<IgnoreMatch> all_matches(const RepoPath& path, bool directory) const;

 private:
  // Shared by the stacks of all directories below the one that holds the file.
  std::vector<std::shared_ptr<const IgnoreFile>> files_;
};

/// gitignore's glob of a whole path: `*`, `?`, `[...]`, `**`. Takes at most the product of the two lengths in time.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace mlops::fs
