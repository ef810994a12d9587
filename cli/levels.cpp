// SPDX-License-Identifier: Apache-2.0
#include "cli/levels.hpp"

#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::cli {

using repo::ConfigLevel;

void LevelArgs::append_to(Args& args) {
  args.push_back({.names = "--system", .help = "Use the machine's file", .into = &system});
  args.push_back({.names = "--global", .help = "Use the user's file", .into = &user});
  args.push_back({.names = "--project", .help = "Use the project's file, which is committed", .into = &project});
  args.push_back({.names = "--local", .help = "Use the file of this clone, which is not committed", .into = &local});
}

std::optional<ConfigLevel> LevelArgs::level() const {
  if (system + user + project + local > 1) throw Error::usage("give at most one level");
  if (system) return ConfigLevel::system;
  if (user) return ConfigLevel::user;
  if (project) return ConfigLevel::project;
  if (local) return ConfigLevel::local;
  return std::nullopt;
}

std::string origin(const repo::ConfigValue& value, const std::string& root) {
  const bool inside = !root.empty() && value.file.starts_with(root + "/");
  return printable(inside ? value.file.substr(root.size() + 1) : value.file);
}

}  // namespace mlops::cli
