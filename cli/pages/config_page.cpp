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

DVC REPOSITORIES
In a DVC repository the files and keys are DVC's, in DVC's own syntax, and `mlops config` and `mlops remote` leave the
bytes that DVC's commands would:

  /etc/xdg/dvc/config             the machine's ($DVC_SYSTEM_CONFIG_DIR)
  ~/.config/dvc/config            the user's ($DVC_GLOBAL_CONFIG_DIR, or $XDG_CONFIG_HOME/dvc)
  .dvc/config                     the project's, committed
  .dvc/config.local               this clone's, not committed

Relative paths are taken from the directory of the file that holds them, and a remote's url may be
`remote://OTHER/path`. `core.checksum_jobs` is what `core.jobs` is below. The keys below that DVC does not know count
from the user's and the machine's native files; set them with `--global`. The rule about mere data holds here too: urls,
`cache.type` and the like count from `.dvc/config` as they are; `cache.dir`, `cache.shared`, credentials, key files,
commands and TLS settings wait for `mlops trust`, and a value that waits is named in a warning.

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
