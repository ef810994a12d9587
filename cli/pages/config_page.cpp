// SPDX-License-Identifier: Apache-2.0
#include "cli/pages/texts.hpp"
#include "repo/config.hpp"
#include "util/text.hpp"

namespace mlops::cli {
namespace {

std::string key_text(const repo::ConfigKey& key) {
  std::string text = "`" + std::string(key.name) + "`\n\n" + std::string(key.help) + ".";
  if (text.ends_with("..")) text.pop_back();
  if (!key.choices.empty()) text += " One of: " + join(split(key.choices, ','), ", ") + ".";
  if (!key.fallback.empty()) text += " Default: " + std::string(key.fallback) + ".";
  if (!key.variable.empty()) text += " Environment: " + std::string(key.variable) + ".";
  if (!key.committed) text += " Does not count from the committed file without `mlops trust`.";
  return text + "\n\n";
}

}  // namespace

std::string config_page() {
  std::string text = R"(DESCRIPTION
Settings are kept in files in the syntax of git's configuration:

  [core]
      remote = store
  [remote "store"]
      url = /mnt/share/project

FILES
Later files win over earlier ones, the environment over all files, and options of a command over everything.

  /etc/mlops/config               the machine's
  ~/.config/mlops/config          the user's ($XDG_CONFIG_HOME is honoured)
  .mlops/config                   the project's, committed
  .mlops/config.local             this clone's, not committed; ignored when git tracks it

From `.mlops/config`, which comes from whoever wrote the repository, only settings that are mere data count by
themselves; see mlops-trust(1). A key that nobody knows is an error which names the nearest known one.

Durations are written 90 (seconds), 90s, 5m, 2h or 14d, lists with commas.

KEYS
)";
  for (const auto& key : repo::config_keys()) text += key_text(key);
  return text + R"(ENVIRONMENT
Beside the variables that are named with their keys:

`MLOPS_CONFIG_GLOBAL`, `MLOPS_CONFIG_SYSTEM`

Files to read instead of the user's and the machine's.

`NO_COLOR`

Not empty: no colours. There are none either where the output is not a terminal.

SEE ALSO
mlops-config(1), mlops-trust(1), mlops-remote-modify(1), mlops(1)
)";
}

}  // namespace mlops::cli
