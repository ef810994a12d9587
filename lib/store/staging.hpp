// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where new workspace files are made, complete, before any of them gets its name.

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "store/checkout_plan.hpp"

namespace mlops::store {

/// A file or link to be made at a temporary place.
struct StagedFile {
  std::string staged;
  std::string target;
  Entry entry;
  Memo::Link link = Memo::Link::no;    ///< how it was made
  std::optional<fs::FileStat> seen{};  ///< as it was made
};

/// Temporary directories on the file systems of the targets, gone with all that was not moved out of them.
class Staging {
 public:
  Staging(std::string root, const LocalDb& db, const CheckoutOptions& options);

  /// Makes all new files and trees of the plan and flushes them to disk.
  void make(const CheckoutPlan& plan);

  /// Staged paths, in the order of the plan.
  const std::vector<std::string>& files() const { return files_; }
  const std::vector<std::string>& trees() const { return trees_; }
  /// Where each file that goes away is moved first, in the order of the plan.
  const std::vector<std::string>& removed() const { return removed_; }
  /// Everything that was made, as it lies after the swap.
  const std::vector<StagedFile>& made() const { return made_; }

 private:
  const std::string& directory_for(const fs::RepoPath& target);
  void lay_out(const CheckoutPlan& plan);
  std::string next_name(const fs::RepoPath& target);
  void lay_out_tree(const PlannedTree& tree, const std::string& staged);
  void make_file(StagedFile& file);
  bool make_as(fs::LinkType type, StagedFile& file);
  void flush() const;

  std::string root_;
  const LocalDb& db_;
  const CheckoutOptions& options_;
  std::map<std::uint64_t, fs::TempDir> directories_;  ///< by device
  std::map<std::string, std::string> staged_for_;     ///< staging directory by the target's parent
  std::map<std::string, std::string> numbered_;       ///< the part of a staging directory that is being filled
  std::size_t named_ = 0;
  std::vector<std::string> files_;
  std::vector<std::string> trees_;
  std::vector<std::string> removed_;
  std::vector<StagedFile> made_;
  std::atomic<bool> no_reflinks_{false};
};

}  // namespace mlops::store
