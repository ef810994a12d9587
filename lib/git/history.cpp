// SPDX-License-Identifier: Apache-2.0
// Commits and their ancestry. The walk is ours because libgit2 before 1.7 knows nothing of shallow clones and fails at
// the first parent that such a clone lacks.

#include <algorithm>
#include <queue>
#include <set>
#include <unordered_set>

#include "fs/file.hpp"
#include "git/handle.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

CommitHandle look_up(git_repository* repository, const Oid& id) {
  const git_oid name = raw(id);
  CommitHandle commit;
  check(git_commit_lookup(out(commit), repository, &name), "read commit '{}'", id.hex());
  return commit;
}

/// A commit waiting for its turn: the newest first, and of those of one second the one met first.
struct Waiting {
  std::int64_t seconds;
  std::size_t order;
  Oid id;
  bool operator<(const Waiting& other) const {
    return seconds != other.seconds ? seconds < other.seconds : order > other.order;
  }
};

class Walk {
 public:
  Walk(git_repository* repository, std::set<Oid> boundary) : repository_(repository), boundary_(std::move(boundary)) {}

  void meet(const Oid& id) {
    if (met_.insert(id).second) {
      const CommitHandle commit = look_up(repository_, id);
      queue_.push({git_commit_time(commit.get()), met_.size(), id});
    }
  }

  std::vector<Oid> run() {
    std::vector<Oid> result;
    while (!queue_.empty()) {
      check_interrupt();
      const Oid id = queue_.top().id;
      queue_.pop();
      result.push_back(id);
      if (!boundary_.contains(id)) {
        meet_parents(id);
      }
    }
    return result;
  }

 private:
  void meet_parents(const Oid& id) {
    const CommitHandle commit = look_up(repository_, id);
    for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
      meet(oid(*git_commit_parent_id(commit.get(), i)));
    }
  }

  git_repository* repository_;
  std::set<Oid> boundary_;
  std::set<Oid> met_;
  std::priority_queue<Waiting> queue_;
};

/// Commits whose parents a shallow clone does not have.
std::set<Oid> shallow_boundary(const std::string& common_dir) {
  std::set<Oid> boundary;
  const std::string path = common_dir + "/shallow";
  for (const std::string& line : split(fs::try_read_file(path).value_or(std::string()), '\n')) {
    if (line.empty()) {
      continue;
    }
    const std::optional<Oid> id = Oid::parse(line);
    if (!id) {
      throw Error::of(ErrorKind::corrupt, "{} holds a line that is no commit: {}", quoted(path), quoted(line));
    }
    boundary.insert(*id);
  }
  return boundary;
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

Commit Repository::commit(const Oid& id) const {
  const CommitHandle handle = look_up(state_->get(), id);
  std::vector<Oid> parents;
  for (unsigned i = 0; i < git_commit_parentcount(handle.get()); ++i) {
    parents.push_back(oid(*git_commit_parent_id(handle.get(), i)));
  }
  const git_signature* author = git_commit_author(handle.get());
  return {.id = id,
          .tree = oid(*git_commit_tree_id(handle.get())),
          .parents = std::move(parents),
          .author = {.name = text_or_empty(author->name),
                     .email = text_or_empty(author->email),
                     .seconds = author->when.time},
          .message = text_or_empty(git_commit_message(handle.get()))};
}

std::vector<Oid> Repository::history(const std::vector<Oid>& from) const {
  Walk walk(state_->get(), shallow_boundary(common_dir()));
  for (const Oid& id : from) {
    walk.meet(id);
  }
  return walk.run();
}

}  // namespace mlops::git
