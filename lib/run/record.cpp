// SPDX-License-Identifier: Apache-2.0
#include "run/record.hpp"

#include <algorithm>

#include "fs/stat.hpp"
#include "run/layout.hpp"
#include "run/locks.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::size_t shortest_commit_prefix = 4;
constexpr std::size_t most_candidates = 8;

std::string candidates_text(const std::vector<const Run*>& runs) {
  std::vector<std::string> words;
  for (const Run* run : runs) {
    if (words.size() == most_candidates) {
      words.emplace_back("...");
      break;
    }
    words.push_back(run->record.name.empty() ? run->record.id
                                             : run->record.id + " (" + printable(run->record.name) + ")");
  }
  return join(words, ", ");
}

template <class Match>
std::vector<const Run*> matching(const std::vector<Run>& runs, const Match& match) {
  std::vector<const Run*> found;
  for (const Run& run : runs) {
    if (match(run)) {
      found.push_back(&run);
    }
  }
  return found;
}

/// The runs that a word may mean, by the first way of reading it that fits any.
std::vector<const Run*> meant_by(const std::vector<Run>& runs, const std::string& word) {
  auto found = matching(runs, [&](const Run& run) { return run.record.id == word; });
  if (found.empty()) {
    found = matching(runs, [&](const Run& run) { return run.record.name == word; });
  }
  if (found.empty()) {
    found = matching(runs, [&](const Run& run) { return run.record.id.starts_with(word); });
  }
  if (found.empty() && word.size() >= shortest_commit_prefix) {
    found = matching(runs, [&](const Run& run) { return run.commit.hex().starts_with(word); });
  }
  return found;
}

Error unknown_run(const std::vector<Run>& runs, const std::string& word) {
  std::vector<std::string> names;
  for (const Run& run : runs) {
    names.push_back(run.record.id);
    if (!run.record.name.empty()) {
      names.push_back(run.record.name);
    }
  }
  Error error = Error::of(ErrorKind::missing, "there is no run {} here", quoted(word));
  if (const auto near = nearest(word, names)) {
    error.hint("did you mean '{}'?", printable(*near));
  }
  return std::move(error).hint("`mlops runs list` shows all; if somebody shared it, `mlops runs pull` brings it");
}

}  // namespace

namespace {

/// Records know seconds; among runs of one second the ref that was written last is the newest.
void sort_newest_first(const git::Repository& git, std::vector<Run>& runs) {
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto ref = fs::stat_path(git.common_dir() + "/" + std::string(ref_prefix) + runs[i].record.id);
    order.emplace_back(ref ? ref->mtime_ns : 0, i);
  }
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    const std::int64_t left = runs[a.second].record.started, right = runs[b.second].record.started;
    return left != right ? left > right : a > b;
  });
  std::vector<Run> sorted;
  for (const auto& place : order) {
    sorted.push_back(std::move(runs[place.second]));
  }
  runs = std::move(sorted);
}

/// Throws Error (corrupt) where the ref holds no run that can be read.
Run read_run(repo::Workspace& workspace, const git::Ref& ref, const std::optional<std::string>& text) {
  const auto id = id_of_ref(ref.name);
  if (!id || !text) {
    throw Error::of(ErrorKind::corrupt, "{} is no run", quoted(ref.name));
  }
  const fs::RepoPath file = workspace.git_path(record_path(workspace.dialect()));
  Record record = read_record(*text, ref.name + ":" + file.str());
  // The ref alone decides what a run is called; its record may come from anybody.
  record.id = *id;
  return {.commit = ref.target, .record = std::move(record)};
}

/// The record at a ref; nothing when it has none.
std::optional<std::string> record_text(repo::Workspace& workspace, const git::Ref& ref) {
  if (!ref.commit) {
    return std::nullopt;
  }
  const fs::RepoPath file = workspace.git_path(record_path(workspace.dialect()));
  return workspace.git().read_file(ref.target, file, record_limit_bytes);
}

}  // namespace

std::vector<Run> list_runs(repo::Workspace& workspace, std::vector<std::string>* unreadable) {
  const git::Repository& git = workspace.git();
  std::vector<Run> runs;
  for (const git::Ref& ref : git.refs(ref_prefix)) {
    const auto text = record_text(workspace, ref);
    if (!text && ref.commit && is_of_other_project(workspace, git.commit(ref.target))) {
      continue;
    }
    try {
      runs.push_back(read_run(workspace, ref, text));
    } catch (const Error&) {
      if (unreadable != nullptr) {
        unreadable->push_back(ref.name);
      }
    }
  }
  sort_newest_first(git, runs);
  return runs;
}

std::optional<git::Ref> unreadable_run(repo::Workspace& workspace, const std::string& id) {
  std::vector<std::string> unreadable;
  list_runs(workspace, &unreadable);
  const std::string name = std::string(ref_prefix) + id;
  for (git::Ref& ref : workspace.git().refs(ref_prefix)) {
    if (ref.name == name && std::find(unreadable.begin(), unreadable.end(), name) != unreadable.end()) {
      return std::move(ref);
    }
  }
  return std::nullopt;
}

Run find_run(repo::Workspace& workspace, const std::string& word) {
  const std::vector<Run> runs = list_runs(workspace);
  const std::vector<const Run*> found = word.empty() ? std::vector<const Run*>() : meant_by(runs, word);
  if (found.empty()) {
    if (const auto ref = unreadable_run(workspace, word)) {
      try {
        return read_run(workspace, *ref, record_text(workspace, *ref));
      } catch (Error& error) {
        throw std::move(error).hint("`mlops runs remove {}` takes it away", shell_quoted(word));
      }
    }
    throw unknown_run(runs, word);
  }
  if (found.size() > 1) {
    throw Error("{} may mean {} runs: {}", quoted(word), found.size(), candidates_text(found))
        .hint("give more letters of the id");
  }
  return *found.front();
}

spec::Lock run_lock(repo::Workspace& workspace, const Run& run) {
  try {
    return parse_locks(workspace, committed_locks(workspace, run.commit, run_directory(workspace.dialect())),
                       run.commit);
  } catch (Error& error) {
    throw std::move(error).while_doing("reading run '{}'", run.record.id);
  }
}

}  // namespace mlops::run
