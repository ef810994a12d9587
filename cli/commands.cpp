// SPDX-License-Identifier: Apache-2.0
// The map of the command line: one line for each command, in the order in which help shows them.

#include "cli/commands.hpp"

namespace mlops::cli {

std::span<const CommandSpec* const> commands() {
  static constexpr const CommandSpec* table[] = {
      // Start
      &init_command, &config_command, &trust_command, &install_command, &uninstall_command, &completion_command,
      &root_command, &version_command,
      // Data
      &add_command, &commit_command, &checkout_command, &status_command, &data_status_command, &diff_command,
      &ls_command, &du_command, &check_ignore_command, &move_command, &remove_command, &unprotect_command,
      // Share
      &remote_add_command, &remote_list_command, &remote_modify_command, &remote_remove_command, &remote_rename_command,
      &remote_default_command, &push_command, &fetch_command, &pull_command, &gc_command, &fsck_command,
      &cache_dir_command, &cache_forget_command,
      // Pipeline
      &stage_add_command, &stage_list_command, &stage_remove_command, &run_command, &repro_command, &why_command,
      &dag_command, &freeze_command, &unfreeze_command,
      // Runs
      &runs_list_command, &runs_show_command, &runs_diff_command, &runs_log_command, &runs_apply_command,
      &runs_remove_command, &runs_push_command, &runs_pull_command,
      // Other names, and what git calls: not shown
      &list_command, &mv_command, &rm_command, &git_hook_command};
  return table;
}

}  // namespace mlops::cli
