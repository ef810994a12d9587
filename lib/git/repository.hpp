// SPDX-License-Identifier: Apache-2.0
#pragma once

// Git through libgit2: what is read from a repository, and the few things that we write into it (blobs, trees, commits
// and refs of runs). Whatever needs the user's credentials, filters or worktrees goes through the git program
// (git/program.hpp). Nothing of libgit2 shows in this header.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/repo_path.hpp"

namespace mlops::git {

/// The name of a git object (SHA-1).
class Oid {
 public:
  explicit Oid(const std::array<unsigned char, 20>& bytes) : bytes_(bytes) {}
  /// Nothing unless `hex` is 40 hexadecimal digits.
  static std::optional<Oid> parse(std::string_view hex);
  std::string hex() const;
  std::string short_hex() const { return hex().substr(0, 7); }
  const std::array<unsigned char, 20>& bytes() const { return bytes_; }
  friend bool operator==(const Oid&, const Oid&) = default;
  friend std::strong_ordering operator<=>(const Oid&, const Oid&) = default;

 private:
  std::array<unsigned char, 20> bytes_;
};

struct Signature {
  std::string name, email;
  std::int64_t seconds = 0;  ///< since 1970
};

struct Commit {
  Oid id;
  Oid tree;
  std::vector<Oid> parents;
  Signature author;
  std::string message;
};

struct Ref {
  std::string name;    ///< full: "refs/heads/main"
  Oid target;          ///< what it points at, tags peeled to the commit (or tree, or blob)
  bool commit = true;  ///< whether the target is a commit
};

enum class FileMode { regular, executable, link, directory, submodule };

struct TreeItem {
  fs::RepoPath path;  ///< from the root of the tree
  Oid id;
  FileMode mode;
};

/// One change to a tree: a blob at a path, or its removal.
struct TreeUpdate {
  fs::RepoPath path;
  std::optional<std::pair<Oid, FileMode>> content;
};

/// An open repository. One thread at a time.
class Repository {
 public:
  /// Opens the repository whose work tree holds `path`, going up like git; stops at directories owned by someone else
  /// (unless safe.directory names them) and ignores bare repositories met on the way. Nothing: there is none.
  /// A repository that libgit2 cannot read (sha256, reftable) is an Error that names the format.
  static std::optional<Repository> discover(const std::string& path);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  std::string work_tree() const;   ///< absolute, no trailing '/'
  std::string git_dir() const;     ///< of this worktree, absolute
  std::string common_dir() const;  ///< shared by all worktrees
  bool is_shallow() const;
  /// Whether objects may be missing here and be fetched by git when it needs them (`git clone --filter`).
  bool is_partial() const;
  /// Roots of all linked worktrees and of the main one that exist.
  std::vector<std::string> worktrees() const;
  /// Where hooks are run from (core.hooksPath or <common>/hooks), absolute.
  std::string hooks_directory() const;

  /// The commit that HEAD names; nothing on an unborn branch.
  std::optional<Oid> head() const;
  /// "main", or nothing when detached.
  std::optional<std::string> branch() const;
  /// Resolves any revision that git knows to a commit.
  std::optional<Oid> resolve(const std::string& revision) const;
  Commit commit(const Oid& id) const;
  /// Peels a commit, tag or tree to a tree.
  Oid tree_of(const Oid& id) const;

  /// All refs whose full names begin with `prefix`, sorted; symbolic ones resolved. A ref that cannot be read throws.
  std::vector<Ref> refs(std::string_view prefix = "") const;
  /// All commits named in reflogs (HEAD's and every ref's, of all worktrees) and detached HEADs that still
  /// exist, sorted. A line that cannot be read throws.
  std::vector<Oid> reflog_commits() const;
  /// All commits reachable from `from`, newest first; ends at the boundary of a shallow clone.
  std::vector<Oid> history(const std::vector<Oid>& from) const;

  /// Returns the bytes of a file in a commit or tree; nothing if there is none. `limit` guards against hostile sizes.
  std::optional<std::string> read_file(const Oid& commit_or_tree, const fs::RepoPath& path,
                                       std::uint64_t limit_bytes = 64U << 20U) const;
  std::optional<TreeItem> find(const Oid& commit_or_tree, const fs::RepoPath& path) const;
  std::string read_blob(const Oid& id, std::uint64_t limit_bytes = 64U << 20U) const;
  /// How many bytes an object has, without reading them.
  std::uint64_t size_of(const Oid& id) const;
  /// Visits all files of a commit or tree in the order of RepoPath. `enter`, when given, decides by id whether to descend
  /// into a directory, the root included (so that a walk over history visits each subtree once). Names that no checkout
  /// could make ("..", paths of 64 KiB and more) are left out.
  void walk(const Oid& commit_or_tree, const std::function<void(const TreeItem&)>& visit,
            const std::function<bool(const TreeItem&)>& enter = {}) const;

  /// Whether git tracks this path, or something below it, in the index.
  bool tracks(const fs::RepoPath& path) const;
  /// All entries of the index, sorted by path; a path in conflict stands there once for each side.
  std::vector<TreeItem> index_items() const;
  /// Whether git's ignore rules cover the path.
  bool ignores(const fs::RepoPath& path) const;

  /// user.name and user.email; nothing when there is no identity.
  std::optional<Signature> identity() const;
  std::optional<std::string> config(const std::string& key) const;

  /// Everything written here is durable when the call returns.
  Oid write_blob(std::string_view content) const;
  /// Writes a tree: `base` (nothing: empty) with the updates applied in their order. A directory left without entries
  /// goes; a file takes the place of a directory and the other way round; removing what is not there is fine.
  Oid write_tree(const std::optional<Oid>& base, const std::vector<TreeUpdate>& updates) const;
  Oid write_commit(const Oid& tree, const std::vector<Oid>& parents, const Signature& author,
                   const std::string& message) const;
  /// Creates a ref; throws Error (conflict) if it exists, or if another process holds its lock. Refs are locked for
  /// milliseconds: a lock that is older than ten seconds was left by a process that died, and is removed.
  void create_ref(const std::string& name, const Oid& target) const;
  /// Removes a ref if it still points at `expected`; throws Error (conflict) otherwise.
  void delete_ref(const std::string& name, const Oid& expected) const;
  /// Removes the lock of a ref that nobody else can be changing, whatever its age.
  void remove_left_lock(const std::string& name) const;

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What differs between two commits' or trees' files: path, before, after.
struct FileChange {
  fs::RepoPath path;
  std::optional<TreeItem> before, after;
};
std::vector<FileChange> diff_trees(const Repository& repository, const std::optional<Oid>& before,
                                   const std::optional<Oid>& after);

}  // namespace mlops::git
