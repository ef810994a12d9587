// SPDX-License-Identifier: Apache-2.0
#include "run/reach.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "repo/pointers.hpp"
#include "repo/snapshot.hpp"
#include "run/layout.hpp"
#include "run/values.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/text.hpp"

namespace mlops::run {
namespace {

constexpr std::size_t most_needs = 100;
constexpr std::size_t deepest = 2048;

/// Tips of everything in git but runs, and what runs started from.
std::vector<git::Oid> tips_of(const git::Repository& git) {
  std::vector<git::Oid> tips;
  for (const git::Ref& ref : git.refs()) {
    if (!ref.commit) {
      continue;
    }
    if (id_of_ref(ref.name)) {
      const std::vector<git::Oid> parents = git.commit(ref.target).parents;
      tips.insert(tips.end(), parents.begin(), parents.end());
    } else {
      tips.push_back(ref.target);
    }
  }
  if (const auto head = git.head()) {
    tips.push_back(*head);
  }
  return tips;
}

}  // namespace

void Reach::add(const store::Entry& entry, const std::string& path, const std::string& revision) {
  if (known_.emplace(entry.id(), path).second) {
    roots_.push_back({entry, path, revision});
  }
}

void Reach::collect(std::vector<std::string>& unreadable) {
  add_workspace();
  add_runs(unreadable);
  add_commits(unreadable);
}

void Reach::add_workspace() {
  const auto snapshot = repo::Snapshot::of_workspace(workspace_);
  for (const repo::Tracked& tracked : snapshot->tracked()) {
    if (tracked.entry) {
      add(*tracked.entry, tracked.path.str(), "workspace");
    }
  }
}

void Reach::add_runs(std::vector<std::string>& unreadable) {
  for (const Run& run : list_runs(workspace_, &unreadable)) {
    const std::string revision = "run " + run.record.id;
    try {
      const RunPaths paths(workspace_, run, run_lock(workspace_, run));
      for (const RunPaths::Path& out : paths.outputs()) {
        if (out.cached) {
          add(out.entry, out.path.str(), revision);
        }
      }
      for (const spec::Pointer* pointer : paths.inputs()) {
        if (pointer->entry) {
          add(*pointer->entry, pointer->path.str(), revision);
        }
      }
    } catch (const Error& error) {
      unreadable.push_back(revision + ": " + error.what());
    }
    for (const StageRecord& stage : run.record.stages) {
      if (stage.log) {
        add(*stage.log, "log of " + stage.name, revision);
      }
    }
  }
}

void Reach::add_commits(std::vector<std::string>& unreadable) {
  const git::Repository& git = workspace_.git();
  std::set<git::Oid> trees;
  std::set<std::string> declarations;
  for (const git::Oid& commit : git.history(tips_of(git))) {
    check_interrupt();
    const git::Oid tree = git.tree_of(commit);
    if (!trees.insert(tree).second) {
      continue;
    }
    const std::string revision = "commit " + commit.short_hex();
    try {
      if (!declarations.insert(repo::find_declarations(workspace_, tree).key()).second) {
        continue;
      }
      const auto snapshot = repo::Snapshot::of_tree(workspace_, tree);
      for (const repo::Tracked& tracked : snapshot->tracked()) {
        if (tracked.entry) {
          add(*tracked.entry, tracked.path.str(), revision);
        }
      }
    } catch (const Error& error) {
      unreadable.push_back(revision + ": " + error.what());
    }
  }
}

void Reach::follow() {
  std::vector<store::Entry> open;
  std::unordered_set<hash::ObjectId> listed;
  const auto meet = [&](const store::Entry& entry) {
    if (objects_.emplace(entry.id(), entry).second) {
      open.push_back(entry);
    }
  };
  for (const Root& root : roots_) {
    meet(root.entry);
  }
  while (!open.empty()) {
    check_interrupt();
    const store::Entry entry = open.back();
    open.pop_back();
    if (!workspace_.db().has(entry.id())) {
      damaged_.insert(entry.id());
    } else if (entry.kind == store::EntryKind::tree) {
      try {
        for (const store::TreeEntry& item : workspace_.db().read_tree(entry.id()).entries) {
          listed.insert(item.entry.id());
          meet(item.entry);
        }
      } catch (const Error&) {
        damaged_.insert(entry.id());
      }
    }
  }
  std::copy_if(damaged_.begin(), damaged_.end(), std::inserter(promised_, promised_.end()),
               [&](const hash::ObjectId& id) { return listed.contains(id); });
}

/// Whether damage lies at or below an entry. Trees nest no deeper than `deepest`; what claims more is looked at as if it
/// ended there.
bool Reach::leads_to_damage(const store::Entry& entry) {
  // Post-order without recursion: a tree is answered once all that it lists is.
  std::vector<store::Entry> open{entry};
  while (!open.empty()) {
    const store::Entry at = open.back();
    if (leads_.contains(at.id())) {
      open.pop_back();
      continue;
    }
    bool leads = damaged_.contains(at.id());
    bool answered = true;
    if (!leads && at.kind == store::EntryKind::tree && open.size() < deepest) {
      for (const store::TreeEntry& item : workspace_.db().read_tree(at.id()).entries) {
        const auto known = leads_.find(item.entry.id());
        if (item.entry.kind != store::EntryKind::tree) {
          leads = leads || damaged_.contains(item.entry.id());
        } else if (known != leads_.end()) {
          leads = leads || known->second;
        } else {
          answered = false;
          open.push_back(item.entry);
          break;
        }
      }
    }
    if (answered) {
      leads_.emplace(at.id(), leads);
      open.pop_back();
    }
  }
  return leads_.at(entry.id());
}

void Reach::list_needs(const store::Entry& entry, const std::string& path, const std::string& revision,
                       std::map<hash::ObjectId, std::vector<FsckItem::Need>>& needs) {
  std::vector<std::pair<store::Entry, std::string>> open{{entry, path}};
  while (!open.empty()) {
    const auto [at, at_path] = open.back();
    open.pop_back();
    if (damaged_.contains(at.id())) {
      auto& list = needs[at.id()];
      const auto same = [&, &shown = at_path](const FsckItem::Need& need) { return need.path == shown; };
      if (list.size() < most_needs && std::none_of(list.begin(), list.end(), same)) {
        list.push_back({at_path, revision});
      }
      continue;
    }
    if (at.kind != store::EntryKind::tree || open.size() > deepest * most_needs) {
      continue;
    }
    for (const store::TreeEntry& item : workspace_.db().read_tree(at.id()).entries) {
      if (leads_to_damage(item.entry)) {
        open.emplace_back(item.entry, at_path + "/" + item.name);
      }
    }
  }
}

std::map<hash::ObjectId, std::vector<FsckItem::Need>> Reach::needs() {
  std::map<hash::ObjectId, std::vector<FsckItem::Need>> needs;
  for (const Root& root : roots_) {
    if (!damaged_.empty() && leads_to_damage(root.entry)) {
      list_needs(root.entry, root.path, root.revision, needs);
    }
  }
  return needs;
}

}  // namespace mlops::run
