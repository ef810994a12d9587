// SPDX-License-Identifier: Apache-2.0
#include "run/share.hpp"

#include <algorithm>
#include <set>

#include "run/git_refs.hpp"
#include "run/layout.hpp"
#include "run/needs.hpp"
#include "run/transfer.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

std::vector<Run> chosen_here(repo::Workspace& workspace, const std::vector<std::string>& words) {
  if (words.empty()) {
    return list_runs(workspace);
  }
  std::vector<Run> chosen;
  for (const std::string& word : words) {
    Run run = find_run(workspace, word);
    const auto same = [&](const Run& other) { return other.record.id == run.record.id; };
    if (std::none_of(chosen.begin(), chosen.end(), same)) {
      chosen.push_back(std::move(run));
    }
  }
  return chosen;
}

/// What the git remote has of the runs: those that are to be sent stay in `runs_to_send`.
std::vector<Run> sort_out(const std::vector<Run>& runs, const RemoteRefs& there, ShareResult& result) {
  std::vector<Run> to_send;
  for (const Run& run : runs) {
    const auto known = there.find(run.record.id);
    if (known == there.end()) {
      to_send.push_back(run);
    } else if (known->second == run.commit) {
      result.present.push_back(run.record.id);
    } else {
      result.failed.emplace_back(run.record.id, "the git remote has another run of this id");
    }
  }
  return to_send;
}

/// Whether the user lets untracked content leave this machine.
bool is_agreed(const std::vector<Run>& to_send, const ShareOptions& options, ShareResult& result) {
  for (const Run& run : to_send) {
    if (!run.record.untracked.empty()) {
      result.untracked.push_back({run.record.id, run.record.untracked});
    }
  }
  return result.untracked.empty() || !options.confirm || options.dry_run || options.confirm(result.untracked);
}

void send_refs(repo::Workspace& workspace, const std::vector<Run>& to_send, const std::set<std::string>& incomplete,
               const ShareOptions& options, ShareResult& result) {
  std::vector<std::string> ids;
  for (const Run& run : to_send) {
    if (incomplete.contains(run.record.id)) {
      result.failed.emplace_back(run.record.id, "not all of its objects could be sent");
    } else {
      ids.push_back(run.record.id);
    }
  }
  if (ids.empty() || options.dry_run) {
    result.runs = ids;
    return;
  }
  const auto failed = push_run_refs(workspace, *result.git_remote, ids);
  for (const std::string& id : ids) {
    const auto same = [&](const auto& one) { return one.first == id; };
    const auto failure = std::find_if(failed.begin(), failed.end(), same);
    if (failure == failed.end()) {
      result.runs.push_back(id);
    } else {
      result.failed.push_back(*failure);
    }
  }
}

/// The ids that a word means among those that the git remote has.
std::vector<std::string> ids_meant(const RemoteRefs& there, const std::string& word) {
  std::vector<std::string> ids;
  for (const auto& [id, commit] : there) {
    if (id == word) {
      return {id};
    }
    if (id.starts_with(word)) {
      ids.push_back(id);
    }
  }
  if (ids.size() > 1) {
    throw Error("{} may mean {} runs of the git remote: {}", quoted(word), ids.size(), join(ids, ", "))
        .hint("give more letters of the id");
  }
  return ids;
}

Run read_run(repo::Workspace& workspace, const std::string& id, const git::Oid& commit) {
  const fs::RepoPath file = record_path(workspace.dialect());
  const auto text = workspace.git().read_file(commit, workspace.git_path(file), record_limit_bytes);
  if (!text) {
    throw Error::of(ErrorKind::corrupt, "it holds no record of a run of this project");
  }
  Record record = read_record(*text, file.str());
  record.id = id;
  return {.commit = commit, .record = std::move(record)};
}

/// Runs whose commits are here now, without refs yet.
std::vector<Run> read_incoming(repo::Workspace& workspace, const RemoteRefs& wanted, ShareResult& result) {
  std::vector<Run> runs;
  for (const auto& [id, commit] : wanted) {
    try {
      if (is_of_other_project(workspace, workspace.git().commit(commit))) {
        continue;
      }
      Run run = read_run(workspace, id, commit);
      // Read once here, so that one that makes no sense fails alone.
      static_cast<void>(needed_objects(workspace, run));
      runs.push_back(std::move(run));
    } catch (const Error& error) {
      result.failed.emplace_back(id, error.what());
    }
  }
  return runs;
}

/// The refs to bring: by id or prefix where that decides it; else all, since names stand inside the records only.
RemoteRefs candidates(const RemoteRefs& there, const std::vector<std::string>& words, bool& by_name) {
  RemoteRefs chosen;
  for (const std::string& word : words) {
    const std::vector<std::string> ids = ids_meant(there, word);
    if (ids.empty()) {
      by_name = true;
      return there;
    }
    chosen.insert(*there.find(ids.front()));
  }
  return words.empty() ? there : chosen;
}

/// Leaves the runs that the words mean. Throws for a word that means none.
void choose_by_word(std::vector<Run>& runs, const std::vector<std::string>& words, ShareResult& result) {
  std::set<std::string> chosen;
  for (const std::string& word : words) {
    const auto means = [&](const Run& run) { return run.record.name == word || run.record.id.starts_with(word); };
    const auto found = std::find_if(runs.begin(), runs.end(), means);
    if (found == runs.end()) {
      throw Error::of(ErrorKind::missing, "git remote {} has no run {}", quoted(*result.git_remote), quoted(word))
          .hint("whoever made it can `mlops runs push` it");
    }
    for (const Run& run : runs) {
      if (means(run)) {
        chosen.insert(run.record.id);
      }
    }
  }
  std::erase_if(runs, [&](const Run& run) { return !chosen.contains(run.record.id); });
  std::erase_if(result.present, [&](const std::string& id) { return !chosen.contains(id); });
  std::erase_if(result.failed, [&](const auto& failure) { return !chosen.contains(failure.first); });
}

/// Commits that are not here yet.
std::vector<std::string> lacking(const git::Repository& git, const RemoteRefs& wanted) {
  std::vector<std::string> ids;
  for (const auto& [id, commit] : wanted) {
    if (!git.resolve(commit.hex())) {
      ids.push_back(id);
    }
  }
  return ids;
}

/// Takes out what is here already and what cannot be: a run never changes.
void drop_conflicts(const git::Repository& git, RemoteRefs& wanted, ShareResult& result) {
  for (const git::Ref& ref : git.refs(ref_prefix)) {
    const auto id = id_of_ref(ref.name);
    const auto known = id ? wanted.find(*id) : wanted.end();
    if (known == wanted.end()) {
      continue;
    }
    if (known->second == ref.target) {
      result.present.push_back(*id);
    } else {
      result.failed.emplace_back(*id, "another run of this id is here already");
      wanted.erase(known);
    }
  }
}

void create_refs(const git::Repository& git, const std::vector<Run>& runs, ShareResult& result) {
  for (const Run& run : runs) {
    const std::string& id = run.record.id;
    if (std::find(result.present.begin(), result.present.end(), id) != result.present.end()) {
      continue;
    }
    try {
      git.create_ref(ref_name(id), run.commit);
      result.runs.push_back(id);
    } catch (const Error& error) {
      result.failed.emplace_back(id, error.what());
    }
  }
}

}  // namespace

ShareResult push_runs(repo::Workspace& workspace, const ShareOptions& options) {
  ShareResult result;
  const std::vector<Run> runs = chosen_here(workspace, options.runs);
  result.found = runs.size();
  result.git_remote = options.git_remote ? options.git_remote : default_git_remote(workspace);
  std::vector<Run> to_send;
  if (result.git_remote && !runs.empty()) {
    to_send = sort_out(runs, list_remote_runs(workspace, *result.git_remote), result);
    if (!is_agreed(to_send, options, result)) {
      result.declined = true;
      return result;
    }
  }
  result.objects = transfer_objects(workspace, runs, Direction::push, options);
  if (!to_send.empty()) {
    send_refs(workspace, to_send, incomplete_runs(workspace, to_send, result.objects), options, result);
  }
  return result;
}

ShareResult pull_runs(repo::Workspace& workspace, const ShareOptions& options) {
  ShareResult result;
  result.git_remote = options.git_remote ? options.git_remote : default_git_remote(workspace);
  if (!result.git_remote) {
    // The refs came another way (a bundle, a copied repository); their objects can be brought all the same.
    const std::vector<Run> runs = chosen_here(workspace, options.runs);
    result.found = runs.size();
    result.objects = transfer_objects(workspace, runs, Direction::fetch, options);
    return result;
  }
  bool by_name = false;
  RemoteRefs wanted = candidates(list_remote_runs(workspace, *result.git_remote), options.runs, by_name);
  result.found = wanted.size();
  drop_conflicts(workspace.git(), wanted, result);
  const std::vector<std::string> ids = lacking(workspace.git(), wanted);
  if (!ids.empty()) {
    fetch_run_commits(workspace, *result.git_remote, ids);
  }
  std::vector<Run> runs = read_incoming(workspace, wanted, result);
  if (by_name) {
    choose_by_word(runs, options.runs, result);
  }
  result.objects = transfer_objects(workspace, runs, Direction::fetch, options);
  if (!options.dry_run) {
    create_refs(workspace.git(), runs, result);
  }
  return result;
}

}  // namespace mlops::run
