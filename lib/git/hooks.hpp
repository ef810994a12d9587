// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "git/program.hpp"
#include "git/repository.hpp"

namespace mlops::git {

/// One hook that we want called: its name and the shell line that our part runs.
struct Hook {
  std::string name;     ///< "post-checkout"
  std::string command;  ///< e.g. `mlops git-hook post-checkout "$@"`
};

struct InstalledHooks {
  std::vector<std::string> written;  ///< absolute paths of hook files that were made or changed
  std::vector<std::string> chained;  ///< of those, the ones that had a hook before, which now runs first
};

/// Makes each hook call our command, in the directory git uses (core.hooksPath honoured). A hook that was there is kept
/// beside as `<name>.mlops-chained` and runs first, with the same arguments and input; its failure is the hook's.
/// Doing it twice changes nothing. Throws Error when the directory lies outside the repository and the user's home is
/// not its place either.
InstalledHooks install_hooks(const Repository& repository, const std::vector<Hook>& hooks);
/// Takes our part out again and puts chained hooks back. Returns the paths that changed.
std::vector<std::string> uninstall_hooks(const Repository& repository, const std::vector<Hook>& hooks);

/// Adds lines to `.git/info/attributes` and the driver to `.git/config` (through the git program) so that git merges
/// our files with `command`. Patterns such as "mlops.lock". Doing it twice changes nothing.
void install_merge_driver(const Repository& repository, const Program& git, const std::string& driver,
                          const std::string& command, const std::vector<std::string>& patterns);
void uninstall_merge_driver(const Repository& repository, const Program& git, const std::string& driver);

}  // namespace mlops::git
