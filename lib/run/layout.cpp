// SPDX-License-Identifier: Apache-2.0
#include "run/layout.hpp"

#include <algorithm>

namespace mlops::run {
namespace {

constexpr std::size_t longest_id = 64;
constexpr std::string_view project_label = "\nProject: ";

}  // namespace

std::string ref_name(std::string_view id) { return std::string(ref_prefix) + std::string(id); }

bool is_run_id(std::string_view id) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= longest_id && std::all_of(id.begin(), id.end(), allowed);
}

std::optional<std::string> id_of_ref(std::string_view ref) {
  if (!ref.starts_with(ref_prefix) || !is_run_id(ref.substr(ref_prefix.size()))) {
    return std::nullopt;
  }
  return std::string(ref.substr(ref_prefix.size()));
}

fs::RepoPath run_directory(const spec::Dialect& dialect) {
  return fs::RepoPath::parse(dialect.names().directory) / "run";
}

fs::RepoPath record_path(const spec::Dialect& dialect) { return run_directory(dialect) / "run.json"; }

fs::RepoPath run_output_path(const spec::Dialect& dialect, const fs::RepoPath& output) {
  return run_directory(dialect) / "out" / output;
}

std::string project_line(const repo::Workspace& workspace) {
  return workspace.git_prefix().is_root() ? std::string()
                                          : std::string(project_label.substr(1)) + workspace.git_prefix().str() + "\n";
}

bool is_of_other_project(const repo::Workspace& workspace, const git::Commit& commit) {
  const std::size_t at = commit.message.find(project_label);
  if (at == std::string::npos) {
    return !workspace.git_prefix().is_root();
  }
  const std::size_t start = at + project_label.size();
  return commit.message.substr(start, commit.message.find('\n', start) - start) != workspace.git_prefix().str();
}

}  // namespace mlops::run
