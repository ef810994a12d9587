// SPDX-License-Identifier: Apache-2.0
#pragma once

// Words and shapes that several commands share: how a transfer, a checkout or a list of changed files is shown.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "fs/repo_path.hpp"
#include "repo/checkout.hpp"
#include "repo/sync.hpp"
#include "store/tree.hpp"

namespace mlops::cli {

using Json = nlohmann::ordered_json;

/// {"kind", "sha256", "size", "files"}, or null.
Json entry_json(const std::optional<store::Entry>& entry);
/// The path as listings show it: a directory ends with a '/'.
std::string path_text(const fs::RepoPath& path, const std::optional<store::Entry>& entry);
/// The digest of an entry as listings name it.
std::string digest_text(const store::Entry& entry);
Json paths_json(const std::vector<fs::RepoPath>& paths);
Json rescued_json(const std::vector<std::pair<fs::RepoPath, std::string>>& rescued);

/// "(1.2 GB in 5,210 files)" or "(12 kB)".
std::string size_text(const store::Entry& entry);

/// These files as the operands of a `git add` in the cwd, each with a space before it.
std::string git_add_words(const repo::Workspace& workspace, const std::vector<fs::RepoPath>& files);

/// Says which files git should be given, unless that was done already or there are none.
void suggest_git_add(const Context& context, const repo::Workspace& workspace, const std::vector<fs::RepoPath>& files,
                     bool staged);

/// Says that nothing is declared yet, and what declares it.
void say_no_stages(const Context& context);

/// Shows what a checkout changed: counts, or each path with `-v`; where rescued bytes are.
void show_checkout(const Context& context, const repo::Workspace& workspace, const repo::CheckoutResult& result);
Json checkout_json(const repo::CheckoutResult& result);

/// Shows what a transfer did and what failed. `verb`: "Pushed", "Fetched". Returns ok or partial.
ExitCode show_sync(const Context& context, const repo::SyncResult& result, std::string_view verb,
                   std::string_view preposition);
Json sync_json(const repo::SyncResult& result);

/// The options of push, fetch and pull that name what to transfer.
struct SyncArgs {
  repo::SyncOptions options;
  int jobs = 0;
  bool json = false;
  Args args();
};

/// A session with `-j` in it; throws Error::usage for a number below 1.
repo::Session session_with_jobs(const Context& context, int jobs);

}  // namespace mlops::cli
