// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every object that git trees may name, for gc.
//
// All our files name objects by the hexadecimal digits of their digests, so pointers, locks and records are not parsed
// but searched for such words. That finds at least what a parser would, also in a lock that was committed with conflict
// markers, and is so cheap that ten thousand commits are a matter of seconds: each file and each directory is looked at
// once, however many commits have it. A file of a newer format stops it, since it might name objects in another way.
// What is found too much (digests of files that git keeps) names no object of the cache and does no harm.

#include <functional>
#include <string_view>
#include <unordered_set>

#include "git/repository.hpp"
#include "spec/dialect.hpp"
#include "store/tree.hpp"

namespace mlops::run {

class References {
 public:
  explicit References(const spec::Dialect& dialect);

  /// Adds what a commit or tree names. Throws Error when an object of git's cannot be read, or (format) for a file of a
  /// newer format.
  void add_tree(const git::Repository& git, const git::Oid& commit_or_tree);
  /// Adds what one blob names, if it is a file of ours by its path in a git tree.
  void add_blob(const git::Repository& git, const git::Oid& blob, const fs::RepoPath& path);
  /// Adds what a text names; `where` is for messages.
  void add_text(std::string_view text, std::string_view where);
  void add(const store::Entry& entry) { digests_.insert(entry.digest); }

  /// Calls `visit` for each digest, as a file and as a tree, since a word does not tell which.
  void for_each(const std::function<void(const store::Entry&)>& visit) const;

 private:
  struct OidHash {
    std::size_t operator()(const git::Oid& id) const noexcept;
  };
  bool is_ours(const fs::RepoPath& path) const;

  const spec::Dialect& dialect_;
  fs::RepoPath record_;
  std::unordered_set<git::Oid, OidHash> seen_;  // trees and blobs; their ids do not collide
  std::unordered_set<hash::Digest> digests_;
};

}  // namespace mlops::run
