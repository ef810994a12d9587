// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stages produced before: (command, inputs, environment) -> outputs.
//
// An entry is a small file in the cache, in the folder that spec::Names call stage_cache, named by the SHA-256 of the
// canonical text of its inputs (spec::Dialect::stage_key_text), and where a dialect keeps every result, by that of its
// outputs as well. A look-up recomputes those texts from the entry and compares them whole, and wants every object of the
// outputs to be there; else it is a miss. Entries travel with `push --run-cache`.

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
/// Whether results of this stage may be kept and reused (D9: no persist, always_changed, other uncached outputs; nothing
/// outside of the project).
bool cacheable(const spec::Dialect& dialect, const spec::Stage& stage);

/// An entry as it is kept.
struct KeptEntry {
  spec::StageEntryName name;
  spec::StageEntry entry;
  std::string text;  ///< of its file
};

class StageCache {
 public:
  explicit StageCache(repo::Workspace& workspace);
  /// Returns the outputs seen for these inputs, all of whose objects are in the cache: of several results the one that
  /// was seen last. Where entries expire, it counts as used.
  std::optional<std::vector<spec::LockedPath>> find(const spec::StageInputs& inputs) const;
  /// As `find`, after bringing from the remote what it knows of these inputs with the objects. Throws Error when there is
  /// no remote or it does not answer.
  std::optional<std::vector<spec::LockedPath>> find_on(remote::Remote& remote, const spec::StageInputs& inputs) const;
  /// Stores an entry; its objects must be published already. A power cut may take it again.
  void save(const spec::StageEntry& entry) const;
  /// All readable entries; damaged ones are left out. Of their paths, those that the entry spells relative to the working
  /// directory of a stage are taken as relative to the root.
  std::vector<KeptEntry> list() const;
  /// The names of all files that are named like entries, sorted.
  std::vector<spec::StageEntryName> names() const;
  /// Removes entries that were not used for longer than `age_ns`, unless all results are kept for good. Returns how many.
  std::size_t expire(std::int64_t age_ns, bool dry_run) const;
  /// Sends entries that the remote lacks, each after its objects; or brings the entries that are lacking here with
  /// their objects, each after those. Entries whose objects are not all here (or there) are left out; what could not be
  /// transferred is in the result.
  store::TransferResult push(remote::Remote& remote, const store::TransferOptions& options) const;
  store::TransferResult fetch(remote::Remote& remote, const store::TransferOptions& options) const;

 private:
  std::vector<std::string> places_of(const std::string& key) const;
  bool is_whole(const spec::StageEntry& entry) const;
  void write(const spec::StageEntryName& name, const std::string& text) const;
  store::TransferResult take_over(remote::Remote& remote, const std::vector<spec::StageEntryName>& wanted,
                                  const store::TransferOptions& options) const;

  repo::Workspace& workspace_;
};

}  // namespace mlops::pipeline
