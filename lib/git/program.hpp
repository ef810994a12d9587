// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "util/process.hpp"

namespace mlops::git {

/// What a git that failed complained about, on one line: its "fatal:" and "error:" lines, or the last one that it
/// printed. Without the user's part of addresses (I-36).
std::string complaint(const Completed& completed);

/// The git program, called with an argument vector and a scrubbed environment (I-33): GIT_* removed, no fsmonitor, no
/// hooks unless asked for, ext:: transports never, no terminal prompt without a terminal.
class Program {
 public:
  /// `directory`: where it runs; `env`: the caller's environment.
  Program(std::string directory, const Environment& env);

  /// Runs `git ARGS...`; throws Error with git's own words when it fails.
  std::string run(const std::vector<std::string>& args, const std::optional<std::string>& input = std::nullopt) const;
  /// Runs it and returns how it ended.
  Completed try_run(const std::vector<std::string>& args, const std::optional<std::string>& input = std::nullopt) const;
  /// Returns a copy with another variable set (GIT_INDEX_FILE).
  Program with(const std::string& name, const std::string& value) const;

 private:
  std::string directory_;
  Environment env_;
};

}  // namespace mlops::git
