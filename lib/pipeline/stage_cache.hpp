// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stages produced before: (command, inputs, environment) -> outputs.
//
// An entry is a small file in the cache, stages/ab/cdef..., named by the SHA-256 of the canonical text of its inputs
// (spec::Dialect::stage_key_text). A look-up recomputes that text from the entry and compares it whole, and wants every
// object of the outputs to be there; else it is a miss. Entries travel with `push --run-cache`.

#include <optional>
#include <string>
#include <vector>

#include "remote/remote.hpp"
#include "repo/workspace.hpp"
#include "spec/dialect.hpp"
#include "store/transfer.hpp"

namespace mlops::pipeline {

/// The 64 hex digits of a stage key.
std::string stage_key(const spec::Dialect& dialect, const spec::StageInputs& inputs);
/// The inputs of a declared stage whose present inputs are `state`.
spec::StageInputs stage_inputs(const spec::Stage& stage, const spec::LockedStage& state);
/// Whether results of this stage may be kept and reused (D9: no persist, always_changed, other uncached outputs).
bool cacheable(const spec::Stage& stage);

class StageCache {
 public:
  explicit StageCache(repo::Workspace& workspace);
  /// Returns the outputs seen for these inputs, all of whose objects are in the cache. Touches the entry.
  std::optional<std::vector<spec::LockedPath>> find(const spec::StageInputs& inputs) const;
  /// Stores an entry; its objects must be published already. A power cut may take it again.
  void save(const spec::StageEntry& entry) const;
  /// All readable entries with their keys; damaged ones are left out.
  std::vector<std::pair<std::string, spec::StageEntry>> list() const;
  /// The keys of all files that are named like entries, sorted.
  std::vector<std::string> keys() const;
  /// Removes entries that were not used for longer than `age_ns`. Returns how many.
  std::size_t expire(std::int64_t age_ns, bool dry_run) const;
  /// Sends entries that the remote lacks, each after its objects; or brings the entries that are lacking here with
  /// their objects, each after those. Entries whose objects are not all here (or there) are left out; what could not be
  /// transferred is in the result.
  store::TransferResult push(remote::Remote& remote, const store::TransferOptions& options) const;
  store::TransferResult fetch(remote::Remote& remote, const store::TransferOptions& options) const;

 private:
  repo::Workspace& workspace_;
};

}  // namespace mlops::pipeline
