// SPDX-License-Identifier: Apache-2.0
// The objects that we write: blobs, trees and commits of runs.

#include <git2/sys/commit.h>

#include <map>

#include "git/handle.hpp"
#include "git/mode.hpp"
#include "util/text.hpp"

namespace mlops::git {
namespace {

/// The updates below one directory, by name.
struct Change {
  bool replaces = false;  ///< whether what the base has under this name goes
  std::optional<std::pair<Oid, FileMode>> content;
  std::map<std::string, Change, std::less<>> below;
};

void record(Change& root, const TreeUpdate& update) {
  Change* node = &root;
  for (const std::string& name : split(update.path.str(), '/')) {
    if (node->content) {  // an earlier update's file becomes a directory
      node->content.reset();
    }
    node = &node->below[name];
  }
  node->replaces = true;
  node->content = update.content;
  node->below.clear();
}

class TreeWriter {
 public:
  explicit TreeWriter(git_repository* repository) : repository_(repository) {}

  /// Writes `base` with the changes; nothing when no entry is left.
  std::optional<Oid> write(const std::optional<Oid>& base, const Change& change) const {
    const TreeBuilderHandle builder = open(base);
    for (const auto& [name, below] : change.below) {
      apply(builder.get(), name, below);
    }
    if (git_treebuilder_entrycount(builder.get()) == 0) {
      return std::nullopt;
    }
    return finish(builder.get());
  }

  Oid write_empty() const { return finish(open(std::nullopt).get()); }

 private:
  TreeBuilderHandle open(const std::optional<Oid>& base) const {
    TreeHandle tree;
    if (base) {
      const git_oid id = raw(*base);
      check(git_tree_lookup(out(tree), repository_, &id), "read tree '{}'", base->hex());
    }
    TreeBuilderHandle builder;
    check(git_treebuilder_new(out(builder), repository_, tree.get()), "start a git tree");
    return builder;
  }

  static Oid finish(git_treebuilder* builder) {
    git_oid id;
    check(git_treebuilder_write(&id, builder), "write a git tree");
    return oid(id);
  }

  void apply(git_treebuilder* builder, const std::string& name, const Change& change) const {
    if (change.content) {
      insert(builder, name, change.content->first, change.content->second);
      return;
    }
    std::optional<Oid> result;
    if (!change.below.empty()) {
      result = write(change.replaces ? std::nullopt : subtree(builder, name), change);
    }
    if (result) {
      insert(builder, name, *result, FileMode::directory);
    } else if (git_treebuilder_get(builder, name.c_str()) != nullptr && (change.replaces || subtree(builder, name))) {
      check(git_treebuilder_remove(builder, name.c_str()), "remove {} from a git tree", quoted(name));
    }
  }

  static std::optional<Oid> subtree(git_treebuilder* builder, const std::string& name) {
    const git_tree_entry* entry = git_treebuilder_get(builder, name.c_str());
    if (entry == nullptr || git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
      return std::nullopt;
    }
    return oid(*git_tree_entry_id(entry));
  }

  static void insert(git_treebuilder* builder, const std::string& name, const Oid& id, FileMode mode) {
    const git_oid content = raw(id);
    check(git_treebuilder_insert(nullptr, builder, name.c_str(), &content, raw_mode(mode)), "put {} into a git tree",
          quoted(name));
  }

  git_repository* repository_;
};

}  // namespace

Oid Repository::write_blob(std::string_view content) const {
  git_oid id;
  check(git_blob_create_from_buffer(&id, state_->get(), content.data(), content.size()), "write a git blob");
  return oid(id);
}

Oid Repository::write_tree(const std::optional<Oid>& base, const std::vector<TreeUpdate>& updates) const {
  Change root;
  for (const TreeUpdate& update : updates) {
    record(root, update);
  }
  const TreeWriter writer(state_->get());
  const std::optional<Oid> from = base ? std::optional(tree_of(*base)) : std::nullopt;
  const std::optional<Oid> written = writer.write(from, root);
  return written ? *written : writer.write_empty();
}

Oid Repository::write_commit(const Oid& tree, const std::vector<Oid>& parents, const Signature& author,
                             const std::string& message) const {
  SignatureHandle signature;
  check(git_signature_new(out(signature), author.name.c_str(), author.email.c_str(), author.seconds, 0),
        "use {} as the author of a commit", quoted(author.name + " <" + author.email + ">"));
  std::vector<git_oid> ids;
  ids.reserve(parents.size());
  std::vector<const git_oid*> pointers;
  for (const Oid& parent : parents) {
    pointers.push_back(&ids.emplace_back(raw(parent)));
  }
  const git_oid tree_id = raw(tree);
  git_oid id;
  check(git_commit_create_from_ids(&id, state_->get(), nullptr, signature.get(), signature.get(), nullptr,
                                   message.c_str(), &tree_id, pointers.size(), pointers.data()),
        "write a git commit");
  return oid(id);
}

}  // namespace mlops::git
