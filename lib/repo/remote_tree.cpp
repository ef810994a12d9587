// SPDX-License-Identifier: Apache-2.0
#include "repo/remote_tree.hpp"

#include "fs/file.hpp"
#include "hash/hasher.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t tree_limit = 1ULL << 30U;

store::Tree read_listing(Workspace& workspace, remote::Remote& remote, const hash::ObjectId& id) {
  if (workspace.db().has(id)) {
    return workspace.db().read_tree(id);
  }
  workspace.make_state_directory();
  fs::TempFile file(workspace.state_directory());
  const std::string where = "tree '" + hash::short_name(id) + "' of " + remote.describe();
  if (!remote.get(id, file, tree_limit)) {
    throw Error::of(ErrorKind::missing, "{} is not there", where);
  }
  const std::string text = fs::read_file(file.path(), tree_limit);
  if (hash::digest_of(id.digest.algorithm(), text) != id.digest) {
    throw Error::of(ErrorKind::corrupt, "{} is corrupt: its content does not match its name", where)
        .hint("`mlops push --verify` from a clone that has it repairs the remote");
  }
  return store::decode_tree(text, where);
}

}  // namespace

std::optional<store::Entry> find_in_remote(Workspace& workspace, remote::Remote& remote, const store::Entry& top,
                                           const fs::RepoPath& below) {
  store::Entry entry = top;
  for (const std::string& name : split(below.str(), '/')) {
    if (entry.kind != store::EntryKind::tree) {
      return std::nullopt;
    }
    const store::Tree tree = read_listing(workspace, remote, entry.id());
    const store::TreeEntry* found = tree.find(name);
    if (found == nullptr) {
      return std::nullopt;
    }
    entry = found->entry;
  }
  return entry;
}

}  // namespace mlops::repo
