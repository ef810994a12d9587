// SPDX-License-Identifier: Apache-2.0
// Refs: HEAD, revisions, listing, and creating and deleting by compare-and-swap.
//
// libgit2's iterator passes over loose refs that it cannot read. For garbage collection that would be deadly (what only
// such a ref reaches would go), so listing also looks at the files themselves: a ref that lies there and did not come
// out of the iterator is an error.

#include <algorithm>
#include <set>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "fs/walk.hpp"
#include "git/handle.hpp"
#include "git/reflog.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

constexpr std::string_view branch_prefix = "refs/heads/";

Error unreadable(const std::string& name, const std::string& reason) {
  return Error::of(ErrorKind::corrupt, "cannot read git ref {}: {}", quoted(name), reason)
      .hint("`git fsck` shows what is wrong; `git update-ref -d {}` drops the ref", shell_quoted(name));
}

git_object_t type_of(git_odb* odb, const git_oid& id, const std::string& name) {
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, odb, &id) < 0) {
    throw unreadable(name, last_message());
  }
  return type;
}

ObjectHandle peel_tag(git_repository* repository, const git_oid& id, const std::string& name) {
  ObjectHandle tag;
  ObjectHandle target;
  if (git_object_lookup(out(tag), repository, &id, GIT_OBJECT_TAG) < 0) {
    throw unreadable(name, last_message());
  }
  if (git_object_peel(out(target), tag.get(), GIT_OBJECT_ANY) < 0) {
    throw unreadable(name, last_message());
  }
  return target;
}

/// What a ref stands for; nothing for a symbolic ref whose target is gone (origin/HEAD often is).
std::optional<Ref> resolve_ref(git_repository* repository, git_odb* odb, const git_reference* reference) {
  const std::string name = git_reference_name(reference);
  ReferenceHandle direct;
  const int code = git_reference_resolve(out(direct), reference);
  if (code == GIT_ENOTFOUND && git_reference_type(reference) == GIT_REFERENCE_SYMBOLIC) {
    return std::nullopt;
  }
  if (code < 0) {
    throw unreadable(name, last_message());
  }
  git_oid id = *git_reference_target(direct.get());
  git_object_t type = type_of(odb, id, name);
  if (type == GIT_OBJECT_TAG) {
    const ObjectHandle target = peel_tag(repository, id, name);
    id = *git_object_id(target.get());
    type = git_object_type(target.get());
  }
  return Ref{.name = name, .target = oid(id), .commit = type == GIT_OBJECT_COMMIT};
}

/// Names of the ref files below `directory`, which stands for the refs under `name`.
void list_loose(const std::string& directory, const std::string& name, std::vector<std::string>& names) {
  if (const std::optional<fs::FileStat> stat = fs::stat_path(directory);
      !stat || stat->type != fs::FileType::directory) {
    return;
  }
  for (const fs::DirEntry& entry : fs::list_directory(directory)) {
    // Git takes neither for a ref.
    if (entry.name.starts_with('.') || entry.name.ends_with(".lock")) {
      continue;
    }
    const std::string path = directory + "/" + entry.name;
    const std::string below = name + "/" + entry.name;
    const std::optional<fs::FileStat> stat = fs::stat_path(path);
    if (stat && stat->type == fs::FileType::directory) {
      list_loose(path, below, names);
    } else if (stat) {
      names.push_back(below);
    }
  }
}

/// Throws unless the loose ref can be read or is gone by now.
void require_readable(git_repository* repository, const std::string& directory, const std::string& name) {
  ReferenceHandle reference;
  if (git_reference_lookup(out(reference), repository, name.c_str()) < 0) {
    const std::string reason = last_message();
    if (fs::stat_path(directory + "/" + name)) {
      throw unreadable(name, reason);
    }
  }
}

std::string lock_path(git_repository* repository, const std::string& name) {
  return git_repository_commondir(repository) + name + ".lock";
}

/// A ref locked as git locks it; unlocked when it goes out of scope.
class LockedRef {
 public:
  LockedRef(git_repository* repository, const std::string& name) : repository_(repository), name_(name) {
    check(git_transaction_new(out(transaction_), repository), "change git ref {}", quoted(name));
    int code = git_transaction_lock_ref(transaction_.get(), name.c_str());
    if (code == GIT_ELOCKED && remove_old_lock()) {
      code = git_transaction_lock_ref(transaction_.get(), name.c_str());
    }
    check(code, "lock git ref {}", quoted(name));
  }

  /// What the ref points at, now that nobody else can change it.
  std::optional<Oid> target() const {
    git_oid id;
    const int code = git_reference_name_to_id(&id, repository_, name_.c_str());
    if (code == GIT_ENOTFOUND) {
      return std::nullopt;
    }
    check(code, "read git ref {}", quoted(name_));
    return oid(id);
  }

  void set(const Oid& target) {
    const git_oid id = raw(target);
    check(git_transaction_set_target(transaction_.get(), name_.c_str(), &id, nullptr, "mlops"), "set git ref {}",
          quoted(name_));
    check(git_transaction_commit(transaction_.get()), "write git ref {}", quoted(name_));
  }

  void remove() {
    check(git_transaction_remove(transaction_.get(), name_.c_str()), "remove git ref {}", quoted(name_));
    check(git_transaction_commit(transaction_.get()), "remove git ref {}", quoted(name_));
  }

 private:
  /// Returns whether there was a lock to remove.
  bool remove_old_lock() const {
    constexpr std::int64_t old_ns = 10'000'000'000;
    const std::string path = lock_path(repository_, name_);
    const auto lock = fs::stat_path(path);
    if (!lock || lock->type != fs::FileType::file || now_ns() - lock->mtime_ns < old_ns) {
      return false;
    }
    fs::remove_file(path);
    return true;
  }

  git_repository* repository_;
  const std::string& name_;
  TransactionHandle transaction_;
};

}  // namespace

std::optional<Oid> Repository::head() const {
  git_oid id;
  const int code = git_reference_name_to_id(&id, state_->get(), "HEAD");
  if (code == GIT_ENOTFOUND) {
    return std::nullopt;
  }
  check(code, "read git's HEAD");
  return oid(id);
}

std::optional<std::string> Repository::branch() const {
  ReferenceHandle reference;
  check(git_reference_lookup(out(reference), state_->get(), "HEAD"), "read git's HEAD");
  const char* target = git_reference_symbolic_target(reference.get());
  if (target == nullptr || !std::string_view(target).starts_with(branch_prefix)) {
    return std::nullopt;
  }
  return std::string(target + branch_prefix.size());
}

std::optional<Oid> Repository::resolve(const std::string& revision) const {
  // libgit2 would look in the log of the branch that HEAD names, which knows nothing of other branches.
  if (constexpr std::string_view log_of_head = "HEAD@{"; revision.starts_with(log_of_head)) {
    const std::size_t end = revision.find('}');
    const std::string digits = revision.substr(log_of_head.size(), end - log_of_head.size());
    if (end != std::string::npos && !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos) {
      const std::optional<Oid> entry = head_before(git_dir(), digits);
      return entry ? resolve(entry->hex() + revision.substr(end + 1)) : std::nullopt;
    }
  }
  ObjectHandle object;
  const int code = git_revparse_single(out(object), state_->get(), revision.c_str());
  if (code == GIT_EAMBIGUOUS) {
    throw Error("git revision {} is ambiguous", quoted(revision)).hint("give more of its characters");
  }
  if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC || code == GIT_EINVALID) {
    return std::nullopt;
  }
  check(code, "resolve git revision {}", quoted(revision));
  ObjectHandle commit;
  if (git_object_peel(out(commit), object.get(), GIT_OBJECT_COMMIT) < 0) {
    return std::nullopt;
  }
  return oid(*git_object_id(commit.get()));
}

std::vector<Ref> Repository::refs(std::string_view prefix) const {
  // Files first: what git packs meanwhile then still comes out of the iterator.
  std::vector<std::string> loose;
  list_loose(common_dir() + "/refs", "refs", loose);
  OdbHandle odb;
  check(git_repository_odb(out(odb), state_->get()), "open git's objects");
  ReferenceIteratorHandle iterator;
  check(git_reference_iterator_new(out(iterator), state_->get()), "list git refs");
  std::set<std::string> seen;
  std::vector<Ref> found;
  ReferenceHandle reference;
  int code = 0;
  while ((code = git_reference_next(out(reference), iterator.get())) == 0) {
    const std::string_view name = git_reference_name(reference.get());
    if (name.starts_with(prefix) && seen.emplace(name).second) {
      if (std::optional<Ref> ref = resolve_ref(state_->get(), odb.get(), reference.get())) {
        found.push_back(std::move(*ref));
      }
    }
  }
  if (code != GIT_ITEROVER) {
    check(code, "list git refs");
  }
  for (const std::string& name : loose) {
    if (std::string_view(name).starts_with(prefix) && !seen.contains(name)) {
      require_readable(state_->get(), common_dir(), name);
    }
  }
  std::sort(found.begin(), found.end(), [](const Ref& a, const Ref& b) { return a.name < b.name; });
  return found;
}

void Repository::create_ref(const std::string& name, const Oid& target) const {
  OdbHandle odb;
  check(git_repository_odb(out(odb), state_->get()), "open git's objects");
  if (const git_oid id = raw(target); git_odb_exists(odb.get(), &id) == 0) {
    throw Error::of(ErrorKind::missing, "cannot set git ref {}: there is no object '{}'", quoted(name), target.hex());
  }
  LockedRef ref(state_->get(), name);
  if (const std::optional<Oid> there = ref.target()) {
    throw Error::of(ErrorKind::conflict, "git ref {} exists already and names '{}'", quoted(name), there->short_hex());
  }
  ref.set(target);
}

void Repository::delete_ref(const std::string& name, const Oid& expected) const {
  LockedRef ref(state_->get(), name);
  const std::optional<Oid> there = ref.target();
  if (!there) {
    throw Error::of(ErrorKind::conflict, "git ref {} is gone already", quoted(name));
  }
  if (*there != expected) {
    throw Error::of(ErrorKind::conflict, "git ref {} names '{}' now, not '{}'", quoted(name), there->short_hex(),
                    expected.short_hex());
  }
  ref.remove();
}

void Repository::remove_left_lock(const std::string& name) const {
  int valid = 0;  // no ref means no path either: "refs/../.." is somewhere else
  check(git_reference_name_is_valid(&valid, name.c_str()), "judge the name {}", quoted(name));
  if (valid != 0) {
    fs::remove_file(lock_path(state_->get(), name));
  }
}

}  // namespace mlops::git
