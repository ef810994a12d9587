// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace mlops::cli {

extern const CommandSpec init_command, config_command, trust_command, install_command, uninstall_command,
    completion_command, version_command;
extern const CommandSpec add_command, commit_command, checkout_command, status_command, diff_command, ls_command,
    list_command, move_command, mv_command, remove_command, rm_command, unprotect_command;
extern const CommandSpec remote_add_command, remote_list_command, remote_modify_command, remote_remove_command,
    remote_rename_command, remote_default_command, push_command, fetch_command, pull_command, gc_command, fsck_command,
    cache_dir_command, cache_forget_command;
extern const CommandSpec stage_add_command, stage_list_command, stage_remove_command, run_command, repro_command,
    why_command, dag_command, freeze_command, unfreeze_command;
extern const CommandSpec runs_list_command, runs_show_command, runs_diff_command, runs_log_command, runs_apply_command,
    runs_remove_command, runs_push_command, runs_pull_command;
extern const CommandSpec data_status_command, du_command, check_ignore_command, root_command;
extern const CommandSpec git_hook_command;

}  // namespace mlops::cli
