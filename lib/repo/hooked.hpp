// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which projects a git hook is about.
//
// Git runs hooks at the top of the work tree. A project below it (`init --subdir`) is not found from there, so
// `install` notes its place in the clone's own git configuration, as `mlops.project`.

#include <string>
#include <vector>

#include "repo/workspace.hpp"

namespace mlops::repo {

/// Notes this project's place below the top of the work tree. Returns whether that was new; at the top nothing needs a
/// note.
bool note_hooked_project(const Workspace& workspace);
/// Takes all such notes of this clone away.
void forget_hooked_projects(const Workspace& workspace);

/// Roots of the projects that a hook is about which runs in `directory` (absolute): the one that holds it, then those
/// that were noted and are there in what is checked out.
std::vector<std::string> hooked_projects(const std::string& directory, const Environment& env);

/// Of `projects`, as hooked_projects returns them, the innermost that holds `path` (relative to `directory`); empty when
/// none does.
std::string hooked_project_of(const std::vector<std::string>& projects, const std::string& directory,
                              const std::string& path);

}  // namespace mlops::repo
