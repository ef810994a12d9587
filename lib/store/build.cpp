// SPDX-License-Identifier: Apache-2.0
#include "store/build.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "store/hash_file.hpp"
#include "store/manifest.hpp"
#include "store/scan.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

/// Puts what a scan found into a batch, as far as the store lacks it.
class Storing {
 public:
  Storing(Scan& scan, const LocalDb& db, WriteBatch& batch) : scan_(scan), db_(db), batch_(batch) {}

  void run() {
    choose_directories();
    std::atomic<bool> changed{false};
    scan_.for_each_file(lacking_files(), [&](TreeEntry& item, const std::string& path) {
      if (store_known(item, path)) {
        changed = true;
      }
    });
    if (changed) {
      scan_.compute_trees();
    }
    store_links_and_trees();
  }

 private:
  /// A tree that is in the store says that all below it is; so only the others are looked into.
  void choose_directories() {
    auto& directories = scan_.directories();
    chosen_.assign(directories.size(), false);
    if (directories.empty()) {
      return;
    }
    const bool suspect = db_.suspect();
    std::vector<std::pair<std::size_t, Entry>> todo{{0, scan_.entry()}};
    while (!todo.empty()) {
      const auto next = todo.back();
      todo.pop_back();
      if (!suspect && !is_part(next.second.id()) && batch_.holds(next.second.id())) {
        continue;
      }
      chosen_[next.first] = true;
      const ScannedDirectory& directory = *directories[next.first];
      for (const auto& child : directory.children) {
        todo.emplace_back(child.second, directory.tree.entries[child.first].entry);
      }
    }
  }

  /// Files that were not hashed, and so not added, because the memo knew them.
  std::vector<ScannedFile> lacking_files() {
    std::vector<ScannedFile> files = scan_.known_self();
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      ScannedDirectory& directory = *scan_.directories()[i];
      for (std::uint32_t at = 0; chosen_[i] && at < directory.tree.entries.size(); ++at) {
        const EntryKind kind = directory.tree.entries[at].entry.kind;
        const bool added = std::binary_search(directory.unknown.begin(), directory.unknown.end(), at);
        if (!added && (kind == EntryKind::file || kind == EntryKind::exec)) {
          files.push_back({&directory, &directory.tree.entries[at]});
        }
      }
    }
    return files;
  }

  /// Returns whether the file turned out to be another than the memo said.
  bool store_known(TreeEntry& item, const std::string& path) {
    if (batch_.holds(item.entry.id())) {
      return false;
    }
    fs::FileStat stat;
    const hash::Digest digest = batch_.add_file(path, stat);
    const Entry before = item.entry;
    item.entry = {scan_.kind_of(item, stat), digest, stat.size, 1};
    return item.entry != before;
  }

  void store_links_and_trees() {
    for (std::size_t i = chosen_.size(); i > 0; --i) {
      if (!chosen_[i - 1]) {
        continue;
      }
      ScannedDirectory& directory = *scan_.directories()[i - 1];
      for (const std::uint32_t index : directory.links) {
        const std::string path = directory.absolute + "/" + directory.tree.entries[index].name;
        const auto target = fs::read_link(path);
        if (!target || batch_.add_bytes(*target) != directory.tree.entries[index].entry.digest) {
          throw changed_meanwhile(path);
        }
      }
      const bool inside = i > 1 || scan_.is_inside();
      batch_.add_tree(directory.tree, inside ? WriteBatch::Place::inside : WriteBatch::Place::top);
    }
  }

  Scan& scan_;
  const LocalDb& db_;
  WriteBatch& batch_;
  std::vector<bool> chosen_;
};

/// What is gone between the look and the hash was removed by somebody else: looking again tells what is there now.
Scan scan_and_hash(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db,
                   const BuildOptions& options) {
  constexpr int most_looks = 5;
  const hash::Algorithm algorithm =
      options.algorithm.value_or(db != nullptr ? db->algorithm() : hash::Algorithm::sha256);
  for (int look = 1;; ++look) {
    try {
      Scan scan(root, path, memo, db, options);
      scan.hash_unknown([&](const std::string& file) { return hash_file(file, algorithm, memo, db); });
      scan.compute_trees();
      return scan;
    } catch (const Error& error) {
      if (error.system_code() != ENOENT || look == most_looks) {
        throw;
      }
    }
  }
}

}  // namespace

std::optional<Entry> hash_path(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db,
                               const BuildOptions& options) {
  const Scan scan = scan_and_hash(root, path, memo, db, options);
  return scan.found() ? std::optional(scan.entry()) : std::nullopt;
}

HashedPath hash_path_with_trees(const std::string& root, const fs::RepoPath& path, Memo& memo, const LocalDb* db,
                                const BuildOptions& options) {
  Scan scan = scan_and_hash(root, path, memo, db, options);
  HashedPath result;
  if (!scan.found()) {
    return result;
  }
  result.entry = scan.entry();
  auto& directories = scan.directories();
  if (!directories.empty()) {
    result.trees.emplace_back(scan.entry().id(), Tree{});
  }
  for (const auto& directory : directories) {
    for (const auto& child : directory->children) {
      result.trees.emplace_back(directory->tree.entries[child.first].entry.id(), Tree{});
    }
  }
  // Directories were entered in just this order, so the n-th id belongs to the n-th of them.
  for (std::size_t i = 0; i < directories.size(); ++i) {
    result.trees[i].second = std::move(directories[i]->tree);
  }
  const auto by_id = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::sort(result.trees.begin(), result.trees.end(), by_id);
  const auto same_id = [](const auto& a, const auto& b) { return a.first == b.first; };
  result.trees.erase(std::unique(result.trees.begin(), result.trees.end(), same_id), result.trees.end());
  return result;
}

Tree HashedPath::read(const hash::ObjectId& id, const LocalDb& db) const {
  const auto it = std::lower_bound(trees.begin(), trees.end(), id,
                                   [](const auto& item, const hash::ObjectId& wanted) { return item.first < wanted; });
  return it != trees.end() && it->first == id ? it->second : db.read_tree(id);
}

Entry build(const std::string& root, const fs::RepoPath& path, const LocalDb& db, WriteBatch& batch,
            const BuildOptions& options) {
  Scan scan(root, path, db.memo(), &db, options);
  if (!scan.found()) {
    throw Error::of(ErrorKind::missing, "{} does not exist", quoted(path.str()));
  }
  scan.hash_unknown([&](const std::string& file) {
    fs::FileStat stat;
    const hash::Digest digest = batch.add_file(file, stat);
    return HashedFile{digest, stat};
  });
  scan.compute_trees();
  Storing(scan, db, batch).run();
  return scan.entry();
}

}  // namespace mlops::store
