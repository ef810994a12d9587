// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "pipeline/plan.hpp"

namespace mlops::pipeline {
namespace {

/// How a kind is called by programs, and how it reads after its subject.
struct Row {
  Reason::Kind kind;
  std::string_view word;
  std::string_view text;  ///< `{}` stands for the subject
};

constexpr std::array<Row, 18> rows{{
    {Reason::Kind::never_run, "never_run", "has never run"},
    {Reason::Kind::command_changed, "command_changed", "command changed"},
    {Reason::Kind::wdir_changed, "wdir_changed", "working directory"},
    {Reason::Kind::env_changed, "env_changed", "environment variable {}"},
    {Reason::Kind::dependency_changed, "dependency_changed", "{} changed"},
    {Reason::Kind::dependency_added, "dependency_added", "{} is a new dependency"},
    {Reason::Kind::dependency_removed, "dependency_removed", "{} is no longer a dependency"},
    {Reason::Kind::dependency_missing, "dependency_missing", "{} is missing"},
    {Reason::Kind::param_changed, "param_changed", "{}"},
    {Reason::Kind::param_added, "param_added", "{} is new"},
    {Reason::Kind::param_removed, "param_removed", "{} is gone"},
    {Reason::Kind::output_changed, "output_changed", "output {} changed"},
    {Reason::Kind::output_missing, "output_missing", "output {} is missing"},
    {Reason::Kind::output_added, "output_added", "{} is a new output"},
    {Reason::Kind::output_removed, "output_removed", "{} is no longer an output"},
    {Reason::Kind::always_changed, "always_changed", "runs every time"},
    {Reason::Kind::forced, "forced", "forced"},
    {Reason::Kind::upstream_may_change, "upstream_may_change", "depends on {}, which will run"},
}};

const Row& row_of(Reason::Kind kind) {
  static_assert(rows[static_cast<std::size_t>(Reason::Kind::upstream_may_change)].kind ==
                Reason::Kind::upstream_may_change);
  return rows[static_cast<std::size_t>(kind)];
}

std::string subject_in(std::string_view text, const std::string& subject) {
  std::string line(text);
  if (const auto at = line.find("{}"); at != std::string::npos) {
    line.replace(at, 2, subject);
  }
  return line;
}

}  // namespace

std::string_view to_string(Reason::Kind kind) { return row_of(kind).word; }

std::optional<Reason::Kind> parse_reason_kind(std::string_view word) {
  for (const Row& row : rows) {
    if (row.word == word) {
      return row.kind;
    }
  }
  return std::nullopt;
}

std::string describe(const Reason& reason) {
  std::string line = subject_in(row_of(reason.kind).text, reason.subject);
  switch (reason.kind) {
    case Reason::Kind::dependency_changed:
    case Reason::Kind::output_changed:
      return reason.detail.empty() ? line : line + " (" + reason.detail + ")";
    case Reason::Kind::param_changed:
    case Reason::Kind::wdir_changed:
    case Reason::Kind::env_changed:
      return line + " " + (reason.before.empty() ? "(unset)" : reason.before) + " -> " +
             (reason.after.empty() ? "(unset)" : reason.after);
    case Reason::Kind::command_changed:
      return line + ": " + reason.before + " -> " + reason.after;
    case Reason::Kind::param_added:
      return line + ": " + reason.after;
    case Reason::Kind::param_removed:
      return line + " (was " + reason.before + ")";
    case Reason::Kind::forced:
      return reason.subject.empty() ? line : line + ", since " + reason.subject + " runs";
    default:
      return line;
  }
}

}  // namespace mlops::pipeline
