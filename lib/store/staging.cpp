// SPDX-License-Identifier: Apache-2.0
#include "store/staging.hpp"

#include <algorithm>

#include "store/layout.hpp"
#include "util/error.hpp"
#include "util/parallel.hpp"

namespace mlops::store {
namespace {

constexpr std::string_view prefix = ".mlops-tmp-checkout-";
/// Up to so many files are flushed one by one.
constexpr std::size_t few = 16;
/// Files in one staging directory; threads that create files in the same one wait for each other.
constexpr std::size_t files_per_directory = 64;

/// The nearest directory on the way to `path` that exists.
std::string existing_parent(const std::string& root, fs::RepoPath path) {
  do {
    path = path.parent();
    std::string absolute = absolute_path(root, path);
    if (const auto stat = fs::stat_path(absolute); stat && stat->type == fs::FileType::directory) {
      return absolute;
    }
  } while (!path.is_root());
  return root;
}

}  // namespace

Staging::Staging(std::string root, const LocalDb& db, const CheckoutOptions& options)
    : root_(std::move(root)), db_(db), options_(options) {}

const std::string& Staging::directory_for(const fs::RepoPath& target) {
  const auto known = staged_for_.find(target.parent().str());
  if (known != staged_for_.end()) {
    return known->second;
  }
  const std::string parent = existing_parent(root_, target);
  const std::uint64_t device = fs::stat_path(parent)->device;
  auto it = directories_.find(device);
  if (it == directories_.end()) {
    fs::make_directories(options_.temp_directory);
    const auto preferred = fs::stat_path(options_.temp_directory);
    const bool same = preferred && preferred->device == device;
    it = directories_.emplace(device, fs::TempDir(same ? options_.temp_directory : parent, prefix)).first;
  }
  return staged_for_.emplace(target.parent().str(), it->second.path()).first->second;
}

void Staging::make(const CheckoutPlan& plan) {
  lay_out(plan);
  std::uint64_t bytes = 0;
  for (const StagedFile& file : made_) {
    bytes += known_size(file.entry);
  }
  if (made_.empty()) {
    return;
  }
  Activity activity(options_.progress != nullptr ? *options_.progress : no_progress(), "Checking out", made_.size(),
                    bytes);
  parallel_for(made_.size(), made_.size() < 8 ? 1 : disk_jobs(options_.jobs), [&](std::size_t i) {
    make_file(made_[i]);
    activity.advance(1, known_size(made_[i].entry));
  });
  flush();
}

std::string Staging::next_name(const fs::RepoPath& target) {
  const std::string& base = directory_for(target);
  std::string& directory = numbered_[base];
  if (named_ % files_per_directory == 0 || directory.empty()) {
    directory = base + "/files-" + std::to_string(named_);
    fs::make_directory(directory);
  }
  return directory + "/" + std::to_string(named_++);
}

void Staging::lay_out(const CheckoutPlan& plan) {
  for (const PlannedRemoval& removal : plan.removals) {
    removed_.push_back(next_name(removal.path));
  }
  for (const PlannedFile& file : plan.files) {
    files_.push_back(next_name(file.path));
    made_.push_back({files_.back(), absolute_path(root_, file.path), file.entry});
  }
  for (const PlannedTree& tree : plan.trees) {
    trees_.push_back(directory_for(tree.path) + "/tree-" + std::to_string(named_++));
    lay_out_tree(tree, trees_.back());
  }
}

void Staging::lay_out_tree(const PlannedTree& tree, const std::string& staged) {
  for (const fs::RepoPath& directory : tree.directories) {
    fs::make_directory(absolute_path(staged, directory.below(tree.path)));
  }
  for (const PlannedFile& file : tree.files) {
    made_.push_back({absolute_path(staged, file.path.below(tree.path)), absolute_path(root_, file.path), file.entry});
  }
}

void Staging::make_file(StagedFile& file) {
  if (file.entry.kind == EntryKind::link) {
    fs::make_symlink(db_.read(file.entry.id(), 65'536), file.staged);
    return;
  }
  for (const fs::LinkType type : options_.links) {
    if (make_as(type, file)) {
      return;
    }
  }
  make_as(fs::LinkType::copy, file);
}

bool Staging::make_as(fs::LinkType type, StagedFile& file) {
  const bool exec = file.entry.kind == EntryKind::exec;
  const bool linked = type == fs::LinkType::hardlink || type == fs::LinkType::symlink;
  // One inode has one mode, so what is executable is never the object itself.
  if ((linked && exec) || (type == fs::LinkType::reflink && no_reflinks_)) {
    return false;
  }
  if (!link_object(db_, file.entry.id(), type, file.staged, exec ? 0777 : 0666)) {
    // Asked once: what a file system lacks it lacks for every file.
    no_reflinks_ = no_reflinks_ || type == fs::LinkType::reflink;
    return false;
  }
  file.link = linked ? Memo::Link::into_cache : Memo::Link::no;
  file.seen = fs::stat_path(file.staged);
  return true;
}

void Staging::flush() const {
  const fs::Durability durability = db_.options().durability;
  if (durability == fs::Durability::off) {
    return;
  }
  if (durability == fs::Durability::batch && made_.size() > few) {
    for (const auto& directory : directories_) {
      fs::sync_filesystem(directory.second.path());
    }
    return;
  }
  for (const StagedFile& file : made_) {
    if (file.entry.kind != EntryKind::link && file.link == Memo::Link::no) {
      fs::sync_file(file.staged);
    }
  }
}

}  // namespace mlops::store
