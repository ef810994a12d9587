// SPDX-License-Identifier: Apache-2.0
//
// Walking over what many revisions declare, reading each different declaration once.

#include <map>
#include <set>

#include "repo/pointers.hpp"
#include "repo/sync.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

/// Commits in a fixed order, each with the name under which it was chosen first.
std::vector<std::pair<git::Oid, std::string>> chosen_commits(const git::Repository& git, const RevisionSet& set) {
  std::vector<std::pair<git::Oid, std::string>> commits;
  for (const std::string& revision : set.revisions) {
    const auto commit = git.resolve(revision);
    if (!commit) {
      throw Error::of(ErrorKind::missing, "{} is no revision of this repository", quoted(revision));
    }
    commits.emplace_back(*commit, revision);
  }
  const auto add_refs = [&](const char* prefix) {
    for (const git::Ref& ref : git.refs(prefix)) {
      if (ref.commit) {
        commits.emplace_back(ref.target, ref.name.substr(std::string_view(prefix).size()));
      }
    }
  };
  if (set.all_branches || set.all_commits) {
    add_refs("refs/heads/");
  }
  if (set.all_tags || set.all_commits) {
    add_refs("refs/tags/");
  }
  if (set.all_commits) {
    std::vector<git::Oid> tips;
    for (const auto& [commit, name] : commits) {
      tips.push_back(commit);
    }
    if (const auto head = git.head()) {
      tips.push_back(*head);
    }
    for (const git::Oid& commit : git.history(tips)) {
      commits.emplace_back(commit, commit.short_hex());
    }
  }
  return commits;
}

}  // namespace

void for_each_snapshot(Workspace& workspace, const RevisionSet& set,
                       const std::function<void(const Snapshot&, const std::string& revision)>& visit) {
  visit(*Snapshot::of_workspace(workspace), "");
  if (!set.any()) {
    return;
  }
  const git::Repository& git = workspace.git();
  std::set<git::Oid> seen_trees;
  std::set<std::string> seen_declarations;
  for (const auto& [commit, name] : chosen_commits(git, set)) {
    check_interrupt();
    const git::Oid tree = git.tree_of(commit);
    if (!seen_trees.insert(tree).second) {
      continue;
    }
    const Declarations found = find_declarations(workspace, tree);
    if (!seen_declarations.insert(found.key()).second) {
      continue;
    }
    try {
      visit(*read_declarations(workspace, found), name);
    } catch (Error& failure) {
      throw std::move(failure).while_doing("reading revision {}", quoted(name));
    }
  }
}

}  // namespace mlops::repo
