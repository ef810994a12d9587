// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may name objects of a cache (D18, I-19): the root sources of gc.

#include <memory>
#include <string>
#include <vector>

#include "repo/sync.hpp"
#include "repo/workspace.hpp"
#include "run/references.hpp"
#include "store/gc.hpp"

namespace mlops::run {

/// What of a git repository counts.
struct GitScope {
  bool everything = true;         ///< all that refs, reflogs, indexes and half-done merges reach, with history
  repo::RevisionSet revisions{};  ///< otherwise these, and runs
};

/// The commits, indexes and refs of one repository.
class GitSource : public store::RootSource {
 public:
  GitSource(repo::Workspace& workspace, GitScope scope);
  std::string name() const override;
  void collect(const std::function<void(const store::Entry&)>& root) override;

 private:
  void collect_everything(const git::Repository& git);
  void collect_chosen(const git::Repository& git);
  void collect_indexes(const git::Repository& git);

  repo::Workspace& workspace_;
  GitScope scope_;
  References references_;
};

/// Files of one work tree: pointers, lock, journal, what was placed, and a run that is not recorded yet.
class WorkTreeSource : public store::RootSource {
 public:
  explicit WorkTreeSource(repo::Workspace& workspace);
  std::string name() const override;
  void collect(const std::function<void(const store::Entry&)>& root) override;

 private:
  repo::Workspace& workspace_;
};

/// The entries of the stage cache.
class StageCacheSource : public store::RootSource {
 public:
  explicit StageCacheSource(repo::Workspace& workspace) : workspace_(workspace) {}
  std::string name() const override { return "stage cache"; }
  void collect(const std::function<void(const store::Entry&)>& root) override;

 private:
  repo::Workspace& workspace_;
};

/// Throws Error when the repository does not hold its whole history (a shallow or partial clone).
void require_whole_history(repo::Workspace& workspace);

}  // namespace mlops::run
