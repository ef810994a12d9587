// SPDX-License-Identifier: Apache-2.0
#pragma once

// `mlops repro --run`: a past run again, apart from everything, and whether it gives the same (D16).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/history.hpp"
#include "run/record.hpp"

namespace mlops::run {

/// How far a metric may be from its record: "accuracy=0.01" or "accuracy=1%".
struct Tolerance {
  std::string metric;  ///< the dotted key, or "file:key"
  double amount = 0;
  bool relative = false;  ///< `amount` is a share of the recorded value: 0.01 for 1%
};
/// Throws Error::usage for anything else.
Tolerance parse_tolerance(const std::string& text);

struct ReproduceOptions {
  std::string run{};                   ///< word for a run, or
  std::string revision{};              ///< a git revision, whose mlops.lock is the record
  std::vector<std::string> targets{};  ///< stages of the record; with what they depend on; empty: all
  std::vector<Tolerance> tolerances{};
  bool from_record = false;  ///< each stage gets the recorded outputs of others instead of re-made ones
  bool keep = false;         ///< leave the directory in place
  unsigned jobs = 1;
  pipeline::ReproObserver* observer = nullptr;
};

enum class Verdict { identical, within_tolerance, different, missing };
std::string_view to_string(Verdict verdict);

/// One number of a metrics file.
struct MetricDelta {
  ValueDelta value;
  std::optional<Tolerance> tolerance;  ///< that applies
  bool within = false;                 ///< equal, or within the tolerance
};

/// One recorded output and what came out now.
struct OutputVerdict {
  fs::RepoPath path;
  std::string stage;
  Verdict verdict = Verdict::missing;
  std::optional<store::Entry> recorded, actual;
  bool cached = true;
  std::vector<MetricDelta> metrics;  ///< of a metrics file that is not identical, where both can be read
};

struct ReproduceResult {
  std::optional<Run> run;           ///< nothing for a revision
  git::Oid commit;                  ///< the code
  std::vector<std::string> stages;  ///< what the record holds, in order
  std::vector<std::string> inputs;  ///< stages whose recorded outputs were inputs (frozen)
  pipeline::ReproResult repro;
  std::vector<OutputVerdict> outputs;  ///< of the stages that ran to their end; sorted by path
  std::string directory;               ///< absolute, when it was kept
  /// Whether every stage ran and every output is the same or near enough.
  bool same() const;
};

/// Carries out a run again in a temporary work tree, every stage executed. Throws Error, before anything is executed,
/// when a dependency cannot be supplied as recorded; it names it.
ReproduceResult reproduce(repo::Workspace& workspace, const ReproduceOptions& options);

/// Removes work trees of reproductions whose process is dead.
void sweep_reproductions(repo::Workspace& workspace);

}  // namespace mlops::run
