// SPDX-License-Identifier: Apache-2.0
#include "repo/sync.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "repo/checkout_known.hpp"
#include "repo/lock_text.hpp"
#include "repo/neighbour.hpp"
#include "repo/remote_tree.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::size_t most_hints = 3;
constexpr std::size_t history_limit = 2000;

/// One path of one revision that is to be transferred.
struct Item {
  store::Entry entry;  ///< of the tracked path
  fs::RepoPath path;   ///< asked for: the tracked path or a part of it
  fs::RepoPath below;  ///< of the part; the root for all of it
  friend bool operator==(const Item&, const Item&) = default;
};

/// Items by the name of their remote; "" stands for "none is configured".
struct Plan {
  std::map<std::string, std::vector<Item>> by_remote;
  std::size_t paths = 0;
  std::vector<fs::RepoPath> not_made;
};

/// Which remote a tracked path goes to, or nothing when a named one is not its own.
std::optional<std::string> remote_of(const Workspace& workspace, const SyncOptions& options, const Tracked& tracked) {
  if (options.remote) {
    return tracked.remote && tracked.remote != options.remote ? std::nullopt : options.remote;
  }
  return tracked.remote ? *tracked.remote : workspace.config().get("core.remote").value_or("");
}

/// The targets that a past revision has; a word that fits nothing there is no mistake.
std::vector<Target> targets_in(const Workspace& workspace, const Snapshot& snapshot, const TargetOptions& options,
                               const std::string& revision) {
  if (revision.empty()) {
    return resolve_targets(workspace, snapshot, options);
  }
  std::vector<Target> targets;
  TargetOptions one = options;
  for (const std::string& word : options.targets) {
    one.targets = {word};
    try {
      const std::vector<Target> found = resolve_targets(workspace, snapshot, one);
      targets.insert(targets.end(), found.begin(), found.end());
    } catch (const Error& failure) {
      // Looked for in every revision, found in some.
      if (failure.kind() != ErrorKind::missing) {
        throw;
      }
    }
  }
  return options.targets.empty() ? resolve_targets(workspace, snapshot, options) : targets;
}

Plan make_plan(Workspace& workspace, const SyncOptions& options) {
  Plan plan;
  for_each_snapshot(workspace, options.revisions, [&](const Snapshot& snapshot, const std::string& revision) {
    for (const Target& target : targets_in(workspace, snapshot, options.targets, revision)) {
      const auto remote = remote_of(workspace, options, target.tracked);
      if (!target.tracked.push || !remote) {
        continue;
      }
      if (!target.tracked.entry) {
        if (revision.empty()) {
          plan.not_made.push_back(target.path);
        }
        continue;
      }
      ++plan.paths;
      const Item item{*target.tracked.entry, target.path, target.below()};
      std::vector<Item>& items = plan.by_remote[*remote];
      if (std::find(items.begin(), items.end(), item) == items.end()) {
        items.push_back(item);
      }
    }
  });
  return plan;
}

std::optional<std::string> name_or_none(const std::string& remote) {
  return remote.empty() ? std::nullopt : std::optional(remote);
}

store::TransferOptions transfer_options(const Workspace& workspace, const SyncOptions& options,
                                        const std::string& remote) {
  const unsigned configured = static_cast<unsigned>(workspace.config().integer("remote." + remote + ".jobs"));
  return {.jobs = workspace.session().jobs == 0 && configured != 0 ? configured : workspace.jobs(),
          .verify = options.verify,
          .dry_run = options.dry_run,
          .progress = workspace.session().progress};
}

/// Opens a remote. A dry run also answers for an empty place that nothing was ever pushed to, that of a push also for one
/// that is still to be made, and leaves it as it is.
std::unique_ptr<remote::Remote> open(Workspace& workspace, const SyncOptions& options, const std::string& name,
                                     remote::Remote::Access access) {
  using Access = remote::Remote::Access;
  if (!options.dry_run) {
    return workspace.open_remote(name_or_none(name), access);
  }
  if (access == Access::write && !options.only_asks) {
    return workspace.open_remote(name_or_none(name), Access::preview);
  }
  auto remote = workspace.connect_remote(name_or_none(name));
  if (remote->transport().place() != remote::Transport::Place::empty) {
    remote->open(Access::read);
  }
  return remote;
}

Error no_such_part(const Item& item) {
  return Error::of(ErrorKind::missing, "{} is not part of the tracked directory as it is recorded",
                   quoted(item.path.str()));
}

/// What push sends: parts are looked up in the cache, for what is not here cannot be sent.
std::vector<store::Wanted> wanted_here(Workspace& workspace, const std::vector<Item>& items) {
  std::vector<store::Wanted> wanted;
  for (const Item& item : items) {
    const auto entry = item.below.is_root() ? item.entry : workspace.db().find_in_tree(item.entry, item.below);
    if (!entry) {
      throw no_such_part(item);
    }
    wanted.push_back({*entry, printable(item.path.str())});
  }
  return wanted;
}

/// What fetch brings: parts are looked up here, else in the remote's listings.
std::vector<store::Wanted> wanted_there(Workspace& workspace, remote::Remote& remote, const std::vector<Item>& items,
                                        KnownEntries& known) {
  std::vector<store::Wanted> wanted;
  for (const Item& item : items) {
    const auto entry = item.below.is_root() ? item.entry : find_in_remote(workspace, remote, item.entry, item.below);
    if (!entry) {
      throw no_such_part(item);
    }
    if (!item.below.is_root()) {
      known.insert_or_assign(item.path, *entry);
    }
    wanted.push_back({*entry, printable(item.path.str())});
  }
  return wanted;
}

void add_extra(const Workspace& workspace, const SyncOptions& options, Plan& plan) {
  if (!options.extra.empty()) {
    plan.by_remote[options.remote.value_or(workspace.config().get("core.remote").value_or(""))];
  }
}

void append_extra(const Workspace& workspace, const SyncOptions& options, const std::string& remote,
                  std::vector<store::Wanted>& wanted) {
  if (remote == options.remote.value_or(workspace.config().get("core.remote").value_or(""))) {
    wanted.insert(wanted.end(), options.extra.begin(), options.extra.end());
  }
}

/// The newest commit that changed a file, as "NAME <EMAIL> in COMMIT".
std::optional<std::string> last_change(Workspace& workspace, const fs::RepoPath& file) {
  const git::Repository& git = workspace.git();
  const auto head = git.head();
  std::size_t looked_at = 0;
  for (const git::Oid& id : head ? git.history({*head}) : std::vector<git::Oid>()) {
    if (++looked_at > history_limit) {
      break;
    }
    const git::Commit commit = git.commit(id);
    const auto now = git.find(id, workspace.git_path(file));
    const auto before =
        commit.parents.empty() ? std::nullopt : git.find(commit.parents.front(), workspace.git_path(file));
    if (now && (!before || before->id != now->id)) {
      return printable(commit.author.name) + " <" + printable(commit.author.email) + "> in " + id.short_hex();
    }
  }
  return std::nullopt;
}

/// Who may still have what is neither here nor there: whoever recorded it.
void add_hints(Workspace& workspace, SyncResult& result) {
  std::set<std::string> labels;
  for (const RemoteSync& sync : result.remotes) {
    result.hints.insert(result.hints.end(), sync.transfer.hints.begin(), sync.transfer.hints.end());
    for (const auto& item : sync.transfer.missing) {
      labels.insert(item.label);
    }
  }
  if (labels.empty()) {
    return;
  }
  const auto snapshot = Snapshot::of_workspace(workspace);
  std::set<fs::RepoPath> told;
  for (const std::string& label : labels) {
    const auto path = fs::RepoPath::try_parse(label);
    const auto tracked = path ? snapshot->find(*path) : std::nullopt;
    if (!tracked || told.size() == most_hints || !told.insert(tracked->path).second) {
      continue;
    }
    const fs::RepoPath file =
        tracked->pointer != nullptr ? tracked->pointer->file : lock_of(workspace.dialect(), tracked->stage->file);
    if (const auto who = last_change(workspace, file)) {
      result.hints.push_back(quoted(tracked->path.str()) + " was recorded by " + *who +
                             "; whoever has it can `mlops push` it");
    }
  }
}

SyncResult fetch_with_entries(Workspace& workspace, const SyncOptions& options, KnownEntries& known) {
  if (options.remote && workspace.config().find("remote." + *options.remote + ".url") == nullptr) {
    workspace.connect_remote(options.remote);  // throws: a mistake is one also when nothing is lacking
  }
  Plan plan = make_plan(workspace, options);
  add_extra(workspace, options, plan);
  SyncResult result;
  result.paths = plan.paths;
  result.not_made = std::move(plan.not_made);
  const store::LocalDb& db = options.dry_run ? workspace.db() : workspace.writable_db();
  for (const auto& [name, items] : plan.by_remote) {
    const bool all_here =
        std::all_of(items.begin(), items.end(), [&](const Item& item) { return db.has_all(item.entry); });
    if (all_here && !options.verify && options.extra.empty()) {
      continue;
    }
    const auto remote = open(workspace, options, name, remote::Remote::Access::read);
    std::vector<store::Wanted> wanted = wanted_there(workspace, *remote, items, known);
    append_extra(workspace, options, name, wanted);
    result.remotes.push_back(
        {remote->name(), remote->transport().describe(),
         fetch_objects(workspace, *remote, wanted, transfer_options(workspace, options, remote->name()))});
  }
  workspace.save_memo();
  add_hints(workspace, result);
  return result;
}

}  // namespace

bool SyncResult::complete() const {
  return std::all_of(remotes.begin(), remotes.end(), [](const RemoteSync& sync) { return sync.transfer.complete(); });
}

std::uint64_t SyncResult::objects() const {
  std::uint64_t count = 0;
  for (const RemoteSync& sync : remotes) {
    count += sync.transfer.objects;
  }
  return count;
}

std::uint64_t SyncResult::bytes() const {
  std::uint64_t count = 0;
  for (const RemoteSync& sync : remotes) {
    count += sync.transfer.bytes;
  }
  return count;
}

SyncResult push(Workspace& workspace, const SyncOptions& options) {
  Plan plan = make_plan(workspace, options);
  add_extra(workspace, options, plan);
  SyncResult result;
  result.paths = plan.paths;
  result.not_made = std::move(plan.not_made);
  for (const auto& [name, items] : plan.by_remote) {
    const auto remote = open(workspace, options, name, remote::Remote::Access::write);
    std::vector<store::Wanted> wanted = wanted_here(workspace, items);
    append_extra(workspace, options, name, wanted);
    result.remotes.push_back(
        {remote->name(), remote->transport().describe(),
         store::push(workspace.db(), *remote, wanted, transfer_options(workspace, options, remote->name()))});
  }
  workspace.save_memo();
  add_hints(workspace, result);
  return result;
}

SyncResult fetch(Workspace& workspace, const SyncOptions& options) {
  KnownEntries known;
  return fetch_with_entries(workspace, options, known);
}

PullResult pull(Workspace& workspace, const PullOptions& options) {
  KnownEntries known;
  PullResult result;
  result.sync = fetch_with_entries(workspace, options.sync, known);
  CheckoutOptions checkout;
  checkout.targets = options.sync.targets;
  checkout.force = options.force;
  checkout.relink = options.relink;
  // What did not arrive is in the result of the fetch; it must not keep back what did.
  checkout.allow_missing = true;
  result.checkout = checkout_known(workspace, checkout, known);
  return result;
}

}  // namespace mlops::repo
