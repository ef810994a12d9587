// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/ignore.hpp"
#include "fs/lock_file.hpp"
#include "fs/repo_path.hpp"
#include "git/program.hpp"
#include "git/repository.hpp"
#include "remote/remote.hpp"
#include "repo/config.hpp"
#include "spec/dialect.hpp"
#include "store/checkout.hpp"
#include "store/local_db.hpp"
#include "util/process.hpp"
#include "util/progress.hpp"

namespace mlops::repo {

/// What the face hands in, so that the library reads no environment and knows no terminal.
struct Session {
  std::string cwd{};                          ///< absolute
  Environment env{};                          ///< the process's environment
  std::string program{};                      ///< absolute path of the running binary, for hooks and nested calls
  ProgressSink* progress = nullptr;           ///< never null once a Workspace is open
  unsigned jobs = 0;                          ///< -j; 0: chosen by each mechanism
  std::optional<double> lock_wait_seconds{};  ///< how long to wait for another run; none: without bound
};

/// A project on disk: root, configuration, and lazily the cache, the memo and git. One thread.
///
/// Invariant: opening one changes nothing on disk, and runs nothing that the repository supplies (I-32).
class Workspace {
 public:
  /// Finds the project that holds `session.cwd`. Throws Error when there is none (hint `mlops init`), when it is not
  /// inside a git work tree, or when its format is newer than ours.
  static Workspace open(Session session);
  /// Opens the project at exactly this root.
  static Workspace open_at(const std::string& root, Session session);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) = delete;
  ~Workspace();

  const Session& session() const;
  const std::string& root() const;  ///< absolute, no trailing '/'
  const fs::RepoPath& cwd() const;  ///< session.cwd relative to the root
  const spec::Dialect& dialect() const;
  const Config& config() const;
  /// Reads the configuration again after a verb has changed it.
  void reload_config();

  store::Memo& memo();
  store::LocalDb& db();  ///< the cache, which need not exist yet
  /// The cache with its directories made and this project entered in its register, for verbs that add to it.
  store::LocalDb& writable_db();
  /// Saves the memo; a project that cannot be written to is fine.
  void save_memo();
  git::Repository& git();
  git::Program git_program() const;

  /// The project's root relative to git's work tree; the root unless the project was made with `--subdir`.
  const fs::RepoPath& git_prefix() const;
  /// A path of the project as git's index and trees name it.
  fs::RepoPath git_path(const fs::RepoPath& path) const;

  std::string absolute(const fs::RepoPath& path) const;
  /// Replaces a file of ours in the work tree as a whole (fs::write_file_atomic). Its temporary file lies in the state
  /// directory, so that a kill leaves nothing beside the user's files.
  void write_file(const fs::RepoPath& path, std::string_view text, std::uint32_t mode = 0666) const;
  /// Takes a path as typed (relative to cwd, or absolute). Throws Error::usage-like when it leaves the repository.
  fs::RepoPath resolve(const std::string& typed) const;
  /// As a person in cwd would type it, printable.
  std::string shown(const fs::RepoPath& path) const;

  std::string state_directory() const;                           ///< <root>/.mlops/tmp, made on demand by writers
  std::string rescue_directory(const std::string& label) const;  ///< <root>/.mlops/rescue/<time>-<label>
  /// Makes state_directory(); a project that came without it is a fresh clone.
  void make_state_directory() const;
  /// The rules of `.mlopsignore` files from the root down to `directory`.
  fs::IgnoreStack ignore_for(const fs::RepoPath& directory) const;
  store::BuildOptions build_options(const fs::RepoPath& path, std::string title) const;
  store::CheckoutOptions checkout_options() const;
  /// As above, with the ignore rules that hold for each of these paths. Makes state_directory().
  store::CheckoutOptions checkout_options(const std::vector<fs::RepoPath>& paths) const;
  /// How many things to do at once: -j, core.jobs, or 0 for "let the mechanism choose".
  unsigned jobs() const;
  fs::Durability durability() const;

  /// The lock for reading, merging and writing metadata files: milliseconds (D11).
  fs::LockFile lock_metadata() const;
  /// The lock for run and repro (D11). Does not wait when the environment carries the token of the holder (a nested
  /// mlops inside a stage). `waiting` is told for whom.
  std::optional<fs::LockFile> lock_run(const std::string& what,
                                       const std::function<void(const std::string&)>& waiting) const;

  /// The variable that names the held run lock to stages, and its value while lock_run is held here or above us.
  static constexpr const char* run_token_variable = "MLOPS_RUN_TOKEN";
  const std::string& run_token() const;

  /// Opens a remote by name (none: core.remote). Throws Error for an unknown name (with the nearest), for none
  /// configured, and for one that the committed configuration names but nobody trusts (D21).
  std::unique_ptr<remote::Remote> open_remote(const std::optional<std::string>& name, remote::Remote::Access access);

  /// As open_remote without looking at the place yet, for questions about one that may hold nothing so far.
  std::unique_ptr<remote::Remote> connect_remote(const std::optional<std::string>& name);

  /// Removes what dead processes left in tmp/ and rescue directories older than 14 days. Writers call it.
  void sweep_leftovers() const;

 private:
  struct State;
  explicit Workspace(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What `mlops trust` keeps, per clone, inside the git directory where no commit can put anything.
class Trust {
 public:
  explicit Trust(std::string git_common_dir);
  /// Whether this exact committed configuration text was trusted as a whole.
  bool config_trusted(std::string_view text) const;
  /// Whether this remote url was added or trusted here.
  bool url_trusted(std::string_view url) const;
  void trust_config(std::string_view text) const;
  void trust_url(std::string_view url) const;
  void forget_all() const;

 private:
  std::string path_;
};

}  // namespace mlops::repo
