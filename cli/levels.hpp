// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/args.hpp"
#include "repo/config.hpp"
#include "repo/workspace.hpp"

namespace mlops::cli {

/// The options that choose a configuration file: --system, --global, --project, --local.
struct LevelArgs {
  bool system = false, user = false, project = false, local = false;

  void append_to(Args& args);
  /// Nothing when none is given. Throws Error::usage for more than one.
  std::optional<repo::ConfigLevel> level() const;
  /// Whether the file chosen is there outside projects too.
  bool outside_project() const { return system || user; }
};

/// The file of a setting as people know it: a project's from its root, others whole.
std::string origin(const repo::ConfigValue& value, const std::string& root);

}  // namespace mlops::cli
