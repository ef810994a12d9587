// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mlops::fs {

/// A path relative to the workspace root.
///
/// Invariants:
/// - '/'-separated; no empty, '.' or '..' part; no leading or trailing '/'; no NUL byte;
/// - the empty RepoPath is the root itself;
/// - the order is that of the bytes, with '/' below every other byte, so that a directory sorts before its contents and
///   its contents before its longer-named siblings.
class RepoPath {
 public:
  /// The root.
  RepoPath() = default;

  /// Takes a path as it stands in a file of ours. Throws Error unless it keeps the invariants.
  static RepoPath parse(std::string_view text);
  /// As `parse`, with absence instead of an error.
  static std::optional<RepoPath> try_parse(std::string_view text);
  /// Resolves `text`, which may hold '.' and '..', against the directory `base`; nothing if it leaves the root.
  static std::optional<RepoPath> resolve(const RepoPath& base, std::string_view text);

  const std::string& str() const { return text_; }
  bool is_root() const { return text_.empty(); }
  RepoPath parent() const;
  /// The last part; empty for the root.
  std::string_view name() const;
  /// The first part; empty for the root.
  std::string_view first() const;
  RepoPath operator/(std::string_view part) const;
  RepoPath operator/(const RepoPath& below) const;
  /// Returns whether this is `other` or lies below it.
  bool within(const RepoPath& other) const;
  /// Returns this path relative to `base`, which it lies within.
  RepoPath below(const RepoPath& base) const;
  /// Returns this path as a person in directory `cwd` would type it; may begin with "../".
  std::string relative_to(const RepoPath& cwd) const;

  friend bool operator==(const RepoPath&, const RepoPath&) = default;
  friend std::strong_ordering operator<=>(const RepoPath& a, const RepoPath& b);

 private:
  explicit RepoPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Returns why a single file name must not be written by us (".git" in any spelling, ".mlops", "..", NUL, '/', ...),
/// or nothing when it is fine. Follows git's rules for names that file systems fold onto '.git' (I-30).
std::optional<std::string> unsafe_name(std::string_view name);

/// Throws Error unless `path`, declared by a person (in mlops.yaml, a pointer, on the command line), is UTF-8 without
/// control characters and has no part that `unsafe_name` refuses. `where` names file and line for the message.
void require_declarable(const RepoPath& path, std::string_view where);

}  // namespace mlops::fs

template <>
struct std::hash<mlops::fs::RepoPath> {
  std::size_t operator()(const mlops::fs::RepoPath& path) const noexcept {
    return std::hash<std::string>()(path.str());
  }
};
