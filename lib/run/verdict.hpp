// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "run/past_run.hpp"

namespace mlops::run {

/// Holds what came out against the record.
class Judge {
 public:
  Judge(const PastRun& past, const repo::Snapshot& snapshot, std::map<std::string, spec::Value> metrics,
        std::vector<Tolerance> tolerances);

  /// Throws Error::usage for a tolerance that fits no recorded metric.
  void check_tolerances() const;
  /// One verdict for each output of a stage that has just run in `there`.
  std::vector<OutputVerdict> judge(repo::Workspace& there, const std::string& stage) const;

 private:
  OutputVerdict judge_output(repo::Workspace& there, const spec::Stage& stage, const spec::LockedPath& recorded) const;
  void judge_metrics(repo::Workspace& there, OutputVerdict& verdict) const;
  std::optional<Tolerance> tolerance_for(const std::string& file, const std::string& key) const;

  const PastRun& past_;
  const repo::Snapshot& snapshot_;
  std::map<std::string, spec::Value> metrics_;
  std::vector<Tolerance> tolerances_;
};

}  // namespace mlops::run
